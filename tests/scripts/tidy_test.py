"""Each house rule is broken once and must be reported."""

import importlib.util
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
spec = importlib.util.spec_from_file_location("tidy", ROOT / "scripts" / "tidy.py")
tidy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tidy)

FINE = "// Why.\n#pragma once\n\nnamespace sim {\n\nint f();\n\n}  // namespace sim\n"


class Rules(unittest.TestCase):
    def setUp(self):
        keep = tempfile.TemporaryDirectory()
        self.addCleanup(keep.cleanup)
        self.root = pathlib.Path(keep.name)
        self.write(".clang-format", (ROOT / ".clang-format").read_text())
        self.write("protocols/abd.cpp", '#include "sim/protocol/env.hpp"\n')
        for folder in ("protocols", "sim/kernel", "sim/check", "sim/cli", "scenarios"):
            self.write(f"{folder}/README.md", "What lives here.\n")
        self.write("sim/kernel/ids.hpp", FINE)
        self.assertEqual(self.found(), [])

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def found(self):
        return [(str(p.relative_to(self.root) if p.is_absolute() else p), n, rule)
                for p, n, rule in tidy.breaches(self.root)]

    def breaks(self, name, text, rule, line=None):
        self.write(name, text)
        hits = [(n, r) for p, n, r in self.found() if p == name and rule in r]
        self.assertTrue(hits, self.found())
        if line is not None:
            self.assertEqual(hits[0][0], line)

    def test_sizes(self):
        self.breaks("sim/kernel/ids.hpp", FINE + "// x\n" * 400, "file has 408 lines")
        self.breaks("sim/kernel/ids.hpp", FINE + "// " + "x" * 110 + "\n", "line has 113", line=9)

    def test_a_long_function(self):
        body = "  if (true) {\n    g();\n  }\n" * 21
        self.breaks("sim/kernel/ids.hpp", FINE + "\nvoid f() {\n" + body + "}\n", "function has 65 lines",
                    line=10)

    def test_a_long_class_of_short_functions_is_fine(self):
        methods = "  int m(int x) const { return x; }\n" * 70
        self.write("sim/kernel/ids.hpp",
                   "// Why.\n#pragma once\n\nclass C : public B<int> {\n public:\n" + methods
                   + "};\n")
        self.assertFalse([r for _, _, r in self.found() if "function" in r])

    def test_determinism(self):
        for code in ("std::" + "unordered_map<int, int> m;",
                     "auto t = std::chrono::" + "steady_clock::now();",
                     "#include <cmath>", "double x = std::log(2.0);", "int r = rand();", "std::mt19937 g;"):
            self.breaks("sim/check/judge.cpp", f"// Why.\n{code}\n", "determinism", line=2)

    def test_determinism_sees_neither_comments_nor_strings_nor_what_runs_outside(self):
        self.write("sim/check/judge.cpp", '// No std::mt19937 here.\nconst char* s = "rand()";\n')
        self.write("sim/cli/main.cpp", "#include <cmath>\n")
        self.assertEqual(self.found(), [])

    def test_an_allowance_needs_a_reason(self):
        code = "std::unordered_map<int, int> memo;  // tidy: allow"
        self.breaks("sim/check/judge.cpp", f"// Why.\n{code}\n", "determinism")
        self.write("sim/check/judge.cpp", f"// Why.\n{code} looked up only\n")
        self.assertEqual([f for f in self.found() if "determinism" in f[2]], [])

    def test_include_arrows(self):
        self.breaks("sim/kernel/ids.hpp", '#include "sim/world/world.hpp"\n',
                    "kernel may not include sim/world")
        self.breaks("sim/check/judge.cpp", '#include "sim/world/world.hpp"\n', "check may not include")
        self.breaks("sim/cli/main.cpp", '#include "protocols/abd.hpp"\n', "never includes protocols")
        self.breaks("protocols/abd.cpp", '#include "sim/world/world.hpp"\n', "protocols may not include")
        self.breaks("sim/new/x.cpp", "\n", "no line in the table")

    def test_folders_scenarios_and_the_list_of_protocols(self):
        self.breaks("scenarios/a.json", "{}", 'without an "about"')
        self.breaks("scenarios/b.json", "{", "not JSON")
        self.write("sim/world/world.hpp", FINE)
        self.assertIn("sim/world/README.md", [name for name, _, _ in self.found()])

    def test_include_order(self):
        own, std, third, ours = ('#include "sim/cli/a.hpp"\n', "#include <string>\n",
                                 "#include <fmt/format.h>\n", '#include "sim/kernel/ids.hpp"\n')
        self.write("sim/cli/a.hpp", FINE)
        self.write("sim/cli/a.cpp", "\n".join([own, std, third, ours]))
        self.assertEqual(self.found(), [])
        self.breaks("sim/cli/a.cpp", "\n".join([own, third, std, ours]), "include order", line=5)
        self.breaks("sim/cli/a.cpp", "\n".join([std, own]), "include order", line=3)
        self.breaks("sim/cli/a.cpp", "\n".join([own, ours, third]), "include order", line=5)

    def test_include_cycles(self):
        include = '\n\n#include "sim/kernel/b.hpp"\n\nnamespace'
        self.write("sim/kernel/a.hpp", FINE.replace("\n\nnamespace", include))
        self.write("sim/kernel/b.hpp", FINE)
        self.assertEqual(self.found(), [])
        self.write("sim/kernel/b.cpp", '#include "sim/kernel/b.hpp"\n\n#include "sim/kernel/a.hpp"\n')
        self.assertTrue(any("include cycle" in rule for _, _, rule in self.found()), self.found())

    def test_deep_folders_belong_to_their_room(self):
        self.breaks("sim/check/deep/judge.cpp", '#include "sim/world/world.hpp"\n', "check may not include")

    def test_sizes_of_tests(self):
        self.breaks("tests/check/a_test.cpp", "// x\n" * 401, "file has 401 lines")
        named = '// x\nTEST_CASE("--quiet is quiet") {}\n'
        self.breaks("tests/check/a_test.cpp", named, "name of a test", line=2)
        split = '// x\n\nTEST_CASE(\n    "one; two") {}\n'
        self.breaks("tests/check/a_test.cpp", split, "name of a test", line=3)

    def test_links(self):
        self.write("docs/a.md", "# A\n## How it's drawn, in `C++`\n![x](../sim/cli/README.md)\n"
                   "[y](#how-its-drawn-in-c), [z](https://example.org/none)\n"
                   "```\n# Not a head [c](none)\n```\n")
        self.write("docs/b.md", "[a](a.md#a), [a](a.md#how-its-drawn-in-c), `[c](none)`, [d](../sim)\n")
        self.assertEqual(self.found(), [])
        for link in ("none.png", "../../outside.md", "a.md#none", "#none", "a.md#not-a-head-c",
                     "../sim#kernel"):
            self.breaks("docs/b.md", f"# B\n\n[b]({link})\n", f"a link leads nowhere: {link}", line=3)

    def test_paths_of_one_machine(self):
        self.breaks("scenarios/README.md", "See /" + "root/notes.\n", "one particular machine", line=1)


if __name__ == "__main__":
    unittest.main()
