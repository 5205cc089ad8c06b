"""Names and sentences that users wrote, as a picture can hold them: no control characters, not too long, and
different where they were different."""

import unicodedata

LONGEST_NAME = 36     # letters of a label, a scenario's name, a type of message
LONGEST_LINE = 190    # letters of any line in a picture


def is_plain(letter):
    """Whether XML may hold it and a reader can see it. Control characters, halves of a pair, places without
    a character and marks that turn the direction of writing are neither."""
    return letter == "\n" or (unicodedata.category(letter) not in ("Cc", "Cs", "Cf", "Zl", "Zp")
                              and ord(letter) & 0xFFFE != 0xFFFE)


def clean(text):
    """What can't be drawn is escaped as JSON does it; lines that no page holds are cut in the middle."""
    text = "".join(c if is_plain(c) else escaped(c) for c in text)
    return "\n".join(short(line, LONGEST_LINE) for line in text.split("\n"))


def escaped(letter):
    return f"\\u{ord(letter):04x}"


def short(text, most=LONGEST_NAME):
    """At most so many letters, one line: names that begin alike often end differently, so both ends are
    kept."""
    text = "".join(c if is_plain(c) and c != "\n" else escaped(c) for c in str(text))
    if len(text) <= most:
        return text
    tail = (most - 1) // 3
    return f"{text[:most - 1 - tail]}…{text[-tail:]}"


def distinct(names, most=LONGEST_NAME):
    """{name: how it is drawn}; two that would look alike get numbers."""
    drawn, taken = {}, set()
    for name in dict.fromkeys(names):
        look, number = short(name, most), 2
        while look in taken:
            look = f"{short(name, most - 3 - len(str(number)))} ({number})"
            number += 1
        drawn[name] = look
        taken.add(look)
    return drawn
