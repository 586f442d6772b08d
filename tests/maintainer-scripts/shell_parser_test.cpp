#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "maintainer-scripts/shell/parser.h"
#include "tests/expect_error.h"

namespace stamp::scripts::shell {
namespace {

/// Writes a tree as text: words as {L:…} {Q:…}, commands as (kind …).
class Writer {
 public:
  std::string list(const List& list) {
    std::string out;
    for (const List::Item& item : list.items) {
      if (!out.empty()) out += ' ';
      out += command(*item.command);
      if (item.background) out += '&';
    }
    return out;
  }

  std::string command(const Command& command) {
    std::string out = std::visit([this](const auto& node) { return write(node); }, command.node);
    for (const Redirection& redirection : command.redirections) {
      out += '<' + std::to_string(redirection.descriptor) + "," +
             std::to_string(static_cast<int>(redirection.kind)) + "," + word(redirection.target) +
             '>';
    }
    return out;
  }

  std::string word(const Word& word) { return parts(word.parts); }

 private:
  std::string parts(const std::vector<Part>& parts) {
    std::string out;
    for (const Part& part : parts) {
      out += std::visit([this](const auto& node) { return write(node); }, part.node);
    }
    return out;
  }
  std::string words(const std::vector<Word>& words) {
    std::string out;
    for (const Word& each : words) out += ' ' + word(each);
    return out;
  }

  std::string write(const Literal& node) { return node.text; }
  std::string write(const Quoted& node) { return "'" + node.text + "'"; }
  std::string write(const DoubleQuoted& node) { return '"' + parts(node.parts) + '"'; }
  std::string write(const Tilde& node) {
    return "[~" + node.user + (node.in_assignment ? "=]" : "]");
  }
  std::string write(const Parameter& node) {
    std::string out = "${" + node.name;
    if (node.operation == ParameterOperator::none) return out + '}';
    out += ' ' + std::to_string(static_cast<int>(node.operation)) + (node.colon ? ": " : " ");
    return out + word(node.word) + '}';
  }
  std::string write(const CommandSubstitution& node) { return "$(" + list(*node.body) + ')'; }
  std::string write(const NotKnown& node) { return "<" + node.what + '>'; }
  std::string write(const Arithmetic& node) { return "$((" + parts(node.parts) + "))"; }

  std::string write(const SimpleCommand& node) {
    std::string out = "(run";
    for (const Assignment& each : node.assignments) out += ' ' + each.name + '=' + word(each.value);
    return out + (node.assignments.empty() ? "" : " :") + words(node.words) + ')';
  }
  std::string write(const Pipeline& node) {
    std::string out = node.negated ? "(not" : "(pipe";
    for (const CommandPointer& each : node.commands) out += ' ' + command(*each);
    return out + ')';
  }
  std::string write(const AndOr& node) {
    std::string out = '(' + command(*node.first);
    for (const AndOr::Link& link : node.rest) {
      out += link.operation == AndOr::Operator::and_if ? " && " : " || ";
      out += command(*link.command);
    }
    return out + ')';
  }
  std::string write(const BraceGroup& node) { return "(group " + list(node.body) + ')'; }
  std::string write(const Subshell& node) { return "(sub " + list(node.body) + ')'; }
  std::string write(const If& node) {
    std::string out = "(if";
    for (const If::Branch& branch : node.branches) {
      out += ' ' + list(branch.condition) + " then " + list(branch.body);
    }
    return out + (node.otherwise.items.empty() ? "" : " else " + list(node.otherwise)) + ')';
  }
  std::string write(const Loop& node) {
    return (node.kind == Loop::Kind::loop_while ? "(while " : "(until ") + list(node.condition) +
           " do " + list(node.body) + ')';
  }
  std::string write(const For& node) {
    return "(for " + node.name + (node.has_words ? " in" : "") + words(node.words) + " do " +
           list(node.body) + ')';
  }
  std::string write(const Case& node) {
    std::string out = "(case " + word(node.subject);
    for (const Case::Item& item : node.items) {
      out += " [" + words(item.patterns) + " : " + list(item.body) + ']';
    }
    return out + ')';
  }
  std::string write(const Conditional&) { return "(condition)"; }
  std::string write(const ArithmeticCommand& node) {
    return "(((" + write(node.expression) + ")))";
  }
  std::string write(const NotKnownCommand& node) { return "(<" + node.what + ">)"; }
  std::string write(const FunctionDefinition& node) {
    return "(function " + node.name + ' ' + command(*node.body) + ')';
  }
};

std::string tree_of(std::string_view text) {
  return Writer().list(parse_shell(text, "script").body);
}

std::string refusal_of(std::string_view text) {
  return message_of([&] { parse_shell(text, "script"); });
}

TEST(ShellParser, WordsAreListsOfParts) {
  EXPECT_EQ(tree_of(R"(a"b$c"'d'\e$f)"), R"((run a"'b'${c}"'d''e'${f}))");
  EXPECT_EQ(tree_of(R"('' "" a)"), R"((run '' "" a))");
  EXPECT_EQ(tree_of("a\\\nb c\\\n d"), "(run ab c d)");
  EXPECT_EQ(tree_of("$ a$ $% \"$\""), "(run $ a$ $% \"'$'\")");
  EXPECT_EQ(tree_of("$'a' $\"b\""), "(run $'a' $\"'b'\")");
}

TEST(ShellParser, ParametersTakeTheirOperators) {
  EXPECT_EQ(tree_of("$ab$1$10${10}$@$?"), "(run ${ab}${1}${1}0${10}${@}${?})");
  EXPECT_EQ(tree_of("${x-a b} ${x:=c}"), "(run ${x 2 a b} ${x 3: c})");
  EXPECT_EQ(tree_of("${#x} ${#} ${##} ${#-} ${#?x} ${##x}"),
            "(run ${x 1 } ${#} ${# 1 } ${- 1 } ${# 4 x} ${# 6 x})");
  EXPECT_EQ(tree_of("${x##*/} \"${x%'*'?}\""), "(run ${x 7 */} \"${x 8 '*'?}\")");
  EXPECT_EQ(tree_of("\"${x:-a b\"c}d\"}\""), "(run \"${x 2: 'a b''c}d'}\")");
  EXPECT_EQ(tree_of("${x!} ${} ${#x-} ${x:}}"), "(run ${x 10 } ${ 10 } ${x 10 -} ${x 10: })");
}

TEST(ShellParser, SubstitutionsAreParsed) {
  EXPECT_EQ(tree_of("$(a; case b in c) d;; esac)"), "(run $((run a) (case b [ c : (run d)])))");
  EXPECT_EQ(tree_of("`a \\`b\\` \"\\$c\"`"), "(run $((run a $((run b)) \"${c}\")))");
  EXPECT_EQ(tree_of("$((1+(2)*$x))"), "(run $(('1+(2)*'${x})))");
  EXPECT_EQ(tree_of("$( (a) )"), "(run $((sub (run a))))");
  EXPECT_EQ(tree_of("$()``"), "(run $()$())");
}

TEST(ShellParser, HereDocumentsFollowTheLine) {
  EXPECT_EQ(tree_of("cat <<A <<-'B' x\n$a-\\\nb\nA\n\t$a\n\tB\nc"),
            "(run cat x)<0,7,\"${a}'-b\n'\"><0,7,'$a\n'> (run c)");
  EXPECT_EQ(tree_of("$(cat <<E)\nb"), "(run $((run cat)<0,7,''>)) (run b)");
  EXPECT_EQ(tree_of("cat <<E"), "(run cat)<0,7,\"\">");
}

TEST(ShellParser, AssignmentsStandBeforeTheCommand) {
  EXPECT_EQ(tree_of("a=1 b=\"$c\" d e=f"), "(run a=1 b=\"${c}\" : d e=f)");
  EXPECT_EQ(tree_of("a="), "(run a= :)");
  EXPECT_EQ(tree_of("'a'=1 1a=2"), "(run 'a'=1 1a=2)");
  const Program program = parse_shell("export a=1 b", "script");
  const auto& words = std::get<SimpleCommand>(program.body.items[0].command->node).words;
  EXPECT_EQ(words[1].assignment, 2U);
  EXPECT_EQ(words[2].assignment, 0U);
}

TEST(ShellParser, TildesCountWhereAWordOrAValueBegins) {
  EXPECT_EQ(tree_of("~ ~/a ~b/c a~ '~' ~$x ~\"\" x:~"),
            "(run [~] [~]/a [~b]/c a~ '~' ~${x} ~\"\" x:~)");
  EXPECT_EQ(tree_of("a=~:~b/c:d~:'x'~"), "(run a=[~]:[~b]/c:d~:'x'~ :)");
  EXPECT_EQ(tree_of("export a=~:~b"), "(run export a=[~=]:[~b=])");
  EXPECT_EQ(tree_of("${x-~} \"${x-~}\" \"${x#~}\""),
            "(run ${x 2 [~]} \"${x 2 '~'}\" \"${x 6 [~]}\")");
}

TEST(ShellParser, ReservedWordsStandWhereCommandsBegin) {
  EXPECT_EQ(tree_of("echo if then; 'if' x"), "(run echo if then) (run 'if' x)");
  EXPECT_EQ(tree_of("if a; then b; elif c; then d; else e; fi >f"),
            "(if (run a) then (run b) (run c) then (run d) else (run e))<1,1,f>");
  EXPECT_EQ(tree_of("while a; do b; done; until { a; } do b; done"),
            "(while (run a) do (run b)) (until (group (run a)) do (run b))");
  EXPECT_EQ(tree_of("for a in b $c; do d; done; for a\ndo b; done"),
            "(for a in b ${c} do (run d)) (for a do (run b))");
  EXPECT_EQ(tree_of("case $a in (if|b*) c;; d) esac"), "(case ${a} [ if b* : (run c)] [ d : ])");
  EXPECT_EQ(tree_of("! a | b && c || d & e"),
            "((not (run a) (run b)) && (run c) || (run d))& (run e)");
  EXPECT_EQ(tree_of("f() { a; } 2>&1\n f () b"),
            "(function f (group (run a))<2,6,1>) (function f (run b))");
}

TEST(ShellParser, OneDigitBeforeARedirectionIsItsDescriptor) {
  EXPECT_EQ(tree_of("a 2>b 12>c \"3\"<d 4 <>e"),
            "(run a 12 \"'3'\" 4)<2,1,b><1,1,c><0,0,d><0,4,e>");
}

TEST(ShellParser, PositionsCountCharacters) {
  const Program program = parse_shell("echo\n  ü $(x `y`)", "script");
  const Command& command = *program.body.items[1].command;
  const auto& simple = std::get<SimpleCommand>(command.node);
  EXPECT_EQ(command.position.line, 2U);
  EXPECT_EQ(command.position.column, 3U);
  EXPECT_EQ(simple.words[1].position.column, 5U);
  const auto& body = std::get<CommandSubstitution>(simple.words[1].parts[0].node).body;
  const auto& inner = std::get<SimpleCommand>(body->items[0].command->node);
  EXPECT_EQ(inner.words[1].position.column, 9U);
  const auto& innermost = std::get<CommandSubstitution>(inner.words[1].parts[0].node).body;
  EXPECT_EQ(innermost->items[0].command->position.column, 10U);
  EXPECT_EQ(program.source->line(2), "  ü $(x `y`)");
}

TEST(ShellParser, RefusesWithTheLineAndACaret) {
  EXPECT_EQ(refusal_of("echo a\nif b; fi\n"),
            "stamp: error: cannot read script 'script': line 2, column 7: unexpected 'fi', "
            "expected 'then'\n"
            "  if b; fi\n"
            "        ^\n");
  EXPECT_EQ(refusal_of("echo $(a"),
            "stamp: error: cannot read script 'script': line 1, column 9: unexpected end of text, "
            "expected ')'\n"
            "  echo $(a\n"
            "          ^\n");
  EXPECT_EQ(refusal_of("x=\"a\n"),
            "stamp: error: cannot read script 'script': line 1, column 4: unterminated quoted "
            "string\n"
            "  x=\"a\n"
            "     ^\n");
  EXPECT_EQ(refusal_of(std::string("a\0b", 3)),
            "stamp: error: cannot read script 'script': line 1, column 2: a NUL byte: this is no "
            "text\n"
            "  a b\n"
            "   ^\n");
}

TEST(ShellParser, BoundsNesting) {
  for (const std::string_view open :
       {"(", "{ ", "$(", "${x-", "\"${x-", "if a; then ", "! (", "f() ", "$((", "case a in a) "}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    EXPECT_NE(refusal_of(text), "") << open;
  }
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "( ";
  EXPECT_NE(refusal_of(deep).find("nested more than 200 levels deep"), std::string::npos);
}

TEST(ShellParser, LongScriptsAreReadInOnePass) {
  std::string text = "x=";
  for (int i = 0; i < 20'000; ++i) text += "$a\"b\"`c`";
  text += '\n';
  for (int i = 0; i < 10'000; ++i) text += "a && ";
  text += "b\n";
  for (int i = 0; i < 10'000; ++i) text += "cat <<E\n${x}\nE\n";
  EXPECT_EQ(parse_shell(text, "script").body.items.size(), 10'002U);
}

}  // namespace
}  // namespace stamp::scripts::shell
