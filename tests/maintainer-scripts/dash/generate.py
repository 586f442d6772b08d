"""Random shell scripts that end: composed from the grammar, or of scripts that were written, with a
seed; the same on every machine."""

import random

NAMES = ["x", "y", "z", "w"]
TEXTS = ["a", "b", "ab", "a b", " a", "a ", "  ", "", "*", "a*", "?", "[ab]", "0", "1", "7", "-1",
         "a:b", ":a:", "-n", "\\", "a\\b", "'", '"', "$", "~", "#", "=", "x=1", ".",
         "é", "{a}", "!", "a\nb", "\t"]
PLAIN = ["a", "b", "ab", "x", "0", "1", "a.b", "a:b", "-", "--", "a=b", "%", "+", "@", ",",
         "in", "do", "esac", "then", "{", "}", "a}b", "!"]
PATTERNS = ["*", "?", "a*", "*b", "[ab]", "[!a]*", "a", "b", "*:*", '"*"', "\\*", "*/*", "'a'*",
            '"$x"', "$y", '"$y"*', "[a-c]*", "[[:alpha:]]*", "", "*[!0-9]*"]
OPERATORS = ["-", ":-", "+", ":+", "=", ":=", "#", "##", "%", "%%"]
ARITHMETIC = ["+", "-", "*", "<<", ">>", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^", "&&",
              "||"]


def quote(text):
    """The text in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


class Maker:
    """Makes one script. Loops have a bound each; functions call only those made before them."""

    def __init__(self, rng):
        self.rng = rng
        self.functions = []
        self.made = 0
        self.loops = 0

    def pick(self, *choices):
        return self.rng.choice(choices)()

    def name(self):
        return self.rng.choice(NAMES)

    def parameter(self, depth, quoted):
        name = self.name()
        if self.rng.random() < 0.35:
            name = self.rng.choice(["1", "2", "@", "*", "#", "?", "x", "y"])
        if depth <= 0 or self.rng.random() < 0.5:
            return self.rng.choice(["$" + name, "${" + name + "}"])
        operator = self.rng.choice(OPERATORS)
        if name in "12@*#?":
            if operator in ("=", ":="):
                return "${#" + name + "}" if name in "12" else "$" + name
            if name in "@*" and operator not in ("-", "+"):
                return "$" + name
        if operator in ("#", "##", "%", "%%"):
            return "${" + name + operator + self.rng.choice(PATTERNS) + "}"
        if self.rng.random() < 0.1 and name in NAMES:
            return "${#" + name + "}"
        return "${" + name + operator + self.operand(depth - 1, quoted) + "}"

    def operand(self, depth, quoted):
        parts = []
        for _ in range(self.rng.randint(0, 2)):
            if quoted:
                parts.append(self.pick(lambda: self.rng.choice(["a", "b c", ":", "*"]),
                                       lambda: self.parameter(depth, True)))
            else:
                parts.append(self.part(depth))
                if self.rng.random() < 0.3:
                    parts.append(" ")
        return "".join(parts)

    def substitution(self, depth):
        body = self.commands(depth - 1, 2) if depth > 0 else "echo a"
        if self.rng.random() < 0.15 and not set("`\\$\"") & set(body):
            return "`" + body + "`"
        return "$( " + body + ")"

    def arithmetic(self, depth):
        def number():
            return self.pick(lambda: str(self.rng.randint(0, 20)), lambda: "n", lambda: "$n",
                             lambda: "m", lambda: "(" + expression(1) + ")",
                             lambda: self.rng.choice(["-", "~", "!", "+"]) + " 3")

        def expression(levels):
            if levels <= 0:
                return number()
            roll = self.rng.random()
            if roll < 0.1:
                return f"{expression(levels - 1)} ? {number()} : {number()}"
            if roll < 0.15:
                return f"(n {self.rng.choice(['=', '+=', '-=', '*=', '|=', '^='])} {number()})"
            return f"{number()} {self.rng.choice(ARITHMETIC)} {expression(levels - 1)}"

        return "$((" + expression(depth) + "))"

    def double_quoted(self, depth):
        parts = []
        for _ in range(self.rng.randint(0, 3)):
            parts.append(self.pick(
                lambda: self.rng.choice(["a", " ", "b c", "*", "'", "\\\\", "\\$", "\\\"", "\\a", "~"]),
                lambda: self.parameter(depth, True),
                lambda: self.parameter(depth, True),
                lambda: self.substitution(depth - 1) if depth > 1 else "x",
                lambda: self.arithmetic(1)))
        return '"' + "".join(parts) + '"'

    def part(self, depth):
        return self.pick(lambda: self.rng.choice(["a", "b", "ab", ":", "-", "0"]),
                         lambda: quote(self.rng.choice(TEXTS)),
                         lambda: self.parameter(depth, False),
                         lambda: self.double_quoted(depth),
                         lambda: self.double_quoted(depth),
                         lambda: "\\" + self.rng.choice("ab*? $\"'\\~;&"),
                         lambda: self.substitution(depth - 1) if depth > 1 else "q",
                         lambda: self.arithmetic(2))

    def word(self, depth):
        if self.rng.random() < 0.25:
            return self.rng.choice(PLAIN)
        return "".join(self.part(depth) for _ in range(self.rng.randint(1, 3)))

    def words(self, depth, least=0, most=3):
        return " ".join(self.word(depth) for _ in range(self.rng.randint(least, most)))

    def condition(self, depth):
        return self.pick(
            lambda: "true", lambda: "false", lambda: ":",
            lambda: f"[ {self.double_quoted(depth)} = {self.double_quoted(depth)} ]",
            lambda: f"[ -{self.rng.choice('nz')} {self.double_quoted(depth)} ]",
            lambda: f"test {self.arithmetic(1)} -{self.rng.choice(['eq', 'lt', 'ge', 'ne'])}"
                    f" {self.arithmetic(1)}",
            lambda: f"! {self.simple(depth)}",
            lambda: f"( exit {self.rng.randint(0, 3)} )")

    def simple(self, depth):
        return self.pick(
            lambda: f"printf '[%s]' {self.words(depth)}",
            lambda: f"printf '<%s>' {self.words(depth)}",
            lambda: f"echo {self.words(depth, 1)}" if self.rng.random() < 0.4 else "echo $?",
            lambda: f"{self.name()}={self.word(depth)}",
            lambda: f"{self.name()}={self.word(depth)} {self.name()}={self.word(depth)}",
            lambda: f"set -- {self.words(depth)}",
            lambda: f"{self.name()}={self.word(depth)} printf '{{%s}}' {self.words(depth)}",
            lambda: f"IFS={quote(self.rng.choice([' ', ':', '', ' :', 'a', '- ']))}",
            lambda: "unset IFS",
            lambda: f"unset {self.name()}",
            lambda: f"n={self.arithmetic(2)}",
            lambda: f"eval {quote(self.simple(0))}" if depth > 0 else "true",
            lambda: f"[ $# -gt 0 ] && shift",
            lambda: self.rng.choice(self.functions) + " " + self.words(depth)
                    if self.functions else "true",
            lambda: self.rng.choice(["set -f", "set +f", "true", "false", ":", "exit 3"])
                    if self.rng.random() < 0.3 else "true",
            lambda: f"{self.name()}=$(printf %s {self.word(depth)})",
            lambda: f"printf '%s\\n' {self.words(depth)} | {{ while read -r x y; do printf"
                    " '{%s|%s}' \"$x\" \"$y\"; done; }" if depth > 0 else "true",
            lambda: self.document(depth))

    def document(self, depth):
        """A here-document, read by a builtin. It needs lines, so nothing may follow on its own."""
        line = self.pick(lambda: self.parameter(1, True), lambda: self.arithmetic(1),
                         lambda: "a b  c\\$x", lambda: "'\"\\")
        mark = self.rng.choice(["E", "'E'", "\\E"])
        return (f"{{ IFS= read -r x; read y z; printf '(%s)' \"$x\" \"$y\" \"$z\"; }} <<{mark}\n"
                f"{line}\n{self.rng.choice(['a b c', ' a  b ', '', 'a:b'])}\nE\n:")

    def compound(self, depth):
        def loop():
            self.loops += 1
            counter = f"i{self.loops}"
            stop = self.rng.choice(["break", "continue", "break 2", "continue 2", ":", ":"])
            body = self.commands(depth - 1, 2)
            return (f"{counter}=0; while [ ${counter} -lt 3 ]; do {counter}=$(({counter}+1));"
                    f" if {self.condition(0)}; then {stop}; fi; {body}done")

        def case():
            items = "".join(
                f"{self.rng.choice(['', '('])}{self.rng.choice(PATTERNS) or 'zz'}"
                f"{'|' + self.rng.choice(['b', '[0-9]', 'a b'.replace(' ', '?')]) if self.rng.random() < 0.3 else ''})"
                f" {self.commands(depth - 1, 1)};;\n" for _ in range(self.rng.randint(0, 3)))
            return f"case {self.word(depth - 1)} in\n{items}esac"

        def function():
            self.made += 1
            name = f"f{self.made}"
            before = list(self.functions)
            body = self.commands(depth - 1, 2)
            local = f"local {self.name()}={self.double_quoted(1)}; " if self.rng.random() < 0.5 else ""
            leave = f"return {self.rng.randint(0, 3)}\n" if self.rng.random() < 0.3 else ""
            self.functions = before + [name]
            return f"{name}() {{ {local}{body}{leave}}}"

        return self.pick(
            lambda: f"if {self.condition(depth - 1)}; then {self.commands(depth - 1, 2)}"
                    f"else {self.commands(depth - 1, 1)}fi",
            lambda: f"if {self.condition(depth - 1)}; then {self.commands(depth - 1, 1)}"
                    f"elif {self.condition(1)}; then {self.commands(depth - 1, 1)}fi",
            lambda: f"for {self.name()} in {self.words(depth - 1)}; do"
                    f" {self.commands(depth - 1, 2)}done",
            lambda: f"for {self.name()}; do {self.commands(depth - 1, 1)}done",
            loop, case, function,
            lambda: f"( {self.commands(depth - 1, 2)})",
            lambda: f"{{ {self.commands(depth - 1, 2)}}}",
            lambda: f"{{ {self.commands(depth - 1, 2)}}} | {{ IFS= read -r x; printf '<%s>' \"$x\"; }}",
            lambda: f"{{ {self.commands(depth - 1, 2)}}} >f; read -r y z <f; printf '%s+' \"$y\" \"$z\"")

    def command(self, depth):
        if depth > 0 and self.rng.random() < 0.4:
            return self.compound(depth)
        first = self.simple(depth)
        roll = self.rng.random()
        if roll < 0.2:
            return f"{self.condition(depth)} {self.rng.choice(['&&', '||'])} {first}"
        return first

    def commands(self, depth, most):
        return "".join(self.command(depth) + "\n" for _ in range(self.rng.randint(1, most)))

    def script(self):
        start = ["set -e\n", "set -u\n", "set -eu\n", "", "", "", ""]
        values = "".join(f"{name}={quote(self.rng.choice(TEXTS))}\n"
                         for name in NAMES if self.rng.random() < 0.8)
        arguments = " ".join(quote(self.rng.choice(TEXTS)) for _ in range(self.rng.randint(0, 3)))
        end = self.rng.choice(["", "trap 'echo end $?' EXIT\n"])
        return (f"{self.rng.choice(start)}{end}{values}n=5 m=3\nset -- {arguments}\n"
                f"{self.commands(3, 5)}echo \"|$?|$x|$y|$z|$n|$#\"\n")


def scripts(seed, count):
    """Name and text of each."""
    for number in range(count):
        yield f"generated {seed}/{number}", Maker(random.Random(f"{seed}/{number}")).script()


UNFIT = ["cd ", "cd;", "HOME", "set -n", "set -v", "exec 1", "exec <",
         "while true; do false", "continue 5"]


def wrappers():
    """Places for a script @."""
    yield "set -e\n@"
    yield "set -u\n@"
    yield "set -f\n@"
    yield "IFS=:\n@"
    yield "IFS=\n@"
    yield "set -- a 'b c' ''\n@"
    yield "trap 'echo end $?' EXIT\n@"
    yield "(\n@)\necho $?"
    yield "(\n@) || echo $?"
    yield "{\n@} && echo ok"
    yield "{\n@} | cat\necho $?"
    yield "{\n@} >out.f\necho $?; cat out.f"
    yield "if\n@then echo yes; else echo no; fi"
    yield "while\n@do echo loop; break; done"
    yield "f0() {\n@}\nf0 a 'b c'; echo $?"
    yield "set -e\nf0() {\n@}\nf0 || echo failed $?"
    yield "set -e\nf0() {\n@}\nf0\necho end"
    yield "f0() (\n@)\nf0; echo $?"
    yield "for i0 in 1 2; do\n@done; echo $?"
    yield "for i0 in 1 2; do (\n@); echo $?; done"
    yield "case a in a)\n@;; esac; echo $?"
    yield "x0=$(\n@)\necho \"$? $x0\""
    yield "printf '[%s]' $(\n@) \"$(\n@)\"; echo"
    yield "! {\n@}; echo $?"
    yield "echo 'a:b c' | {\n@}"
    yield "eval '@'\necho $?"
    yield "set -e\neval '@' || echo failed"
    yield "trap '@' EXIT\nset -- x\nfalse"
    yield "printf %s '@' >dot.f\n. ./dot.f\necho $?"
    yield "printf %s '@' >dot.f\nset -e\nf0() { . ./dot.f; }\nf0 a || echo $?"


def compositions(seed, count, written):
    """Scripts of `written` (name and text each) in other places, and after each other."""
    rng = random.Random(f"compositions {seed}")
    # A folder changed in one must not be where another writes: the real dash has the real folders.
    written = [each for each in written if not any(word in each[1] for word in UNFIT)]
    places = [(place, "'@'" in place) for place in wrappers()]
    for number in range(count):
        name, text = rng.choice(written)
        if rng.random() < 0.3:
            after, more = rng.choice(written)
            name, text = f"{name} {after}", text + more
        place, quoted = rng.choice(places)
        inner = text.replace("'", "'\\''") if quoted else text
        yield f"composed {seed}/{number} of {name}", place.replace("@", inner) + "\n"
