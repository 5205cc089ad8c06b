"""--width and --font-size, as every script that draws takes them; page.py obeys them."""


def add(parser):
    parser.add_argument("--width", metavar="LENGTH",
                        help="of each page: inches from 2 to 60, or with a unit, such as 86mm or 17cm "
                             "(default: what the picture needs)")
    parser.add_argument("--font-size", metavar="POINTS",
                        help="of ordinary letters, 4 to 40 (default: 10); titles are larger, notes smaller")
