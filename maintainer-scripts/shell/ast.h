#pragma once
// A parsed shell script. Children are shared and never change: a function outlives the text that
// defined it, and what runs twice is parsed once. Flat where scripts are long (lists, and-or,
// elif), so that depth is only what the text nests.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace stamp::scripts::shell {

/// A place in a script, both from 1; columns count characters (code points).
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// A script's text, kept for messages.
struct Source {
  std::string name;
  std::string text;

  /// The line of that number, without its end; "" past the last.
  std::string line(std::uint32_t number) const;
};

struct Command;
struct List;
struct Part;
using CommandPointer = std::shared_ptr<const Command>;

/// A word as written, in order. Examples: `a"$b"c` is Literal, DoubleQuoted{Parameter}, Literal;
/// `''` is one empty Quoted; an empty vector of parts comes only from what is left out
/// (`${x:-}`, `x=`).
struct Word {
  Position position;
  std::vector<Part> parts;
  /// Bytes of "NAME=" when the word has the form of an assignment: its first part is then a Literal
  /// that starts with them. Builtins that declare (export, readonly, local) expand such a word
  /// without field splitting.
  std::size_t assignment = 0;
};

/// Characters outside quotes: `*`, `?` and `[` among them are pattern characters.
struct Literal {
  std::string text;
};

/// Characters that stand for themselves: '…', an escaped \x, the text inside "…" and in
/// here-documents. May be empty: it makes a field nevertheless.
struct Quoted {
  std::string text;
};

/// "…": its parts are Quoted, Parameter, CommandSubstitution and Arithmetic, expanded without field
/// splitting and pathname expansion. May be empty.
struct DoubleQuoted {
  std::vector<Part> parts;
};

/// `~` or `~user` at the start of a word, or of a value after `=` or `:`, up to `/` or the end.
struct Tilde {
  std::string user;  ///< "" of `~`
  /// It is not at the start of its word, so it counts only where the word is expanded as an
  /// assignment (`export PATH=~/bin:~root`); elsewhere it is its own text, `~` and `user`.
  bool in_assignment = false;
};

/// What is done with a parameter.
enum class ParameterOperator {
  none,             ///< $x ${x}
  length,           ///< ${#x}
  default_value,    ///< ${x-word} ${x:-word}
  assign,           ///< ${x=word} ${x:=word}
  error,            ///< ${x?word} ${x:?word}
  alternative,      ///< ${x+word} ${x:+word}
  shortest_prefix,  ///< ${x#pattern}
  longest_prefix,   ///< ${x##pattern}
  shortest_suffix,  ///< ${x%pattern}
  longest_suffix,   ///< ${x%%pattern}
  bad,              ///< what dash calls a "Bad substitution" when it is expanded
  // of bash:
  substring,       ///< ${x:offset:length}: the texts are arithmetic expressions
  replace_first,   ///< ${x/pattern/text}
  replace_all,     ///< ${x//pattern/text}
  replace_prefix,  ///< ${x/#pattern/text}
  replace_suffix,  ///< ${x/%pattern/text}
  upper_case,      ///< ${x^^}
  lower_case,      ///< ${x,,}
  indirect,        ///< ${!x}
  not_known,       ///< what bash has and is not known here: `name` says it
};

/// A parameter expansion.
struct Parameter {
  std::string name;  ///< "HOME", "12", or one of @ * # ? - $ ! 0
  ParameterOperator operation = ParameterOperator::none;
  bool colon = false;  ///< `:-` and the like: empty counts as unset
  /// Operand. Inside "…" that of `-`, `=`, `?`, `+` has Quoted text; that of a prefix or suffix is
  /// a pattern, its Literal text unquoted wherever the expansion stands.
  Word word;
  /// What replaces, or the length of a substring. Without it a substring goes up to the end.
  Word second;
  bool has_second = false;
};

/// What bash has and is not known here. It stops the evaluation when it is expanded.
struct NotKnown {
  std::string what;
};

/// $(…) or `…`. Positions inside are those of the enclosing text.
struct CommandSubstitution {
  std::shared_ptr<const List> body;
};

/// $((…)): parts are those of "…"; they are expanded to a text, and that is the expression.
struct Arithmetic {
  std::vector<Part> parts;
};

/// A piece of a word.
struct Part {
  Position position;
  std::variant<Literal, Quoted, DoubleQuoted, Tilde, Parameter, CommandSubstitution, Arithmetic,
               NotKnown>
      node;
};

enum class RedirectionKind {
  read,              ///< <
  write,             ///< >
  write_over,        ///< >|
  append,            ///< >>
  read_write,        ///< <>
  duplicate_input,   ///< <& : the target expands to a number or "-"
  duplicate_output,  ///< >&
  here_document,     ///< << and <<-
  write_both,        ///< &> and >&word of bash: standard output and standard error
  append_both,       ///< &>>
  here_string,       ///< <<<
  not_known,         ///< {name}> of bash: stops when it is reached
};

/// A redirection. In the order in which they are written.
struct Redirection {
  Position position;
  int descriptor = 0;  ///< as written, else 0 for reading and 1 for writing
  RedirectionKind kind = RedirectionKind::read;
  /// File or descriptor, expanded to one field. Of a here-document its body: one DoubleQuoted, or
  /// one Quoted where the delimiter was quoted; leading tabs of <<- are gone already.
  Word target;
};

/// name=value before a command.
struct Assignment {
  Position position;
  std::string name;
  Word value;            ///< a Tilde in it counts wherever it stands
  bool appends = false;  ///< NAME+=value
};

/// Assignments, words, redirections: each may be empty, not all (the redirections are Command's).
struct SimpleCommand {
  std::vector<Assignment> assignments;
  std::vector<Word> words;
};

/// a | b, ! a. One that is not negated has at least two commands.
struct Pipeline {
  bool negated = false;
  std::vector<CommandPointer> commands;
};

/// a && b || c: left to right with equal precedence.
struct AndOr {
  enum class Operator { and_if, or_if };
  struct Link {
    Operator operation = Operator::and_if;
    CommandPointer command;
  };
  CommandPointer first;
  std::vector<Link> rest;  ///< at least one
};

/// Commands one after the other. Empty only where the grammar allows it: an empty script, $(),
/// the body of a case item.
struct List {
  struct Item {
    CommandPointer command;
    bool background = false;  ///< ended by &
  };
  std::vector<Item> items;
};

/// { list; }
struct BraceGroup {
  List body;
};

/// ( list )
struct Subshell {
  List body;
};

/// if … elif … else … fi
struct If {
  struct Branch {
    List condition;
    List body;
  };
  std::vector<Branch> branches;  ///< if and each elif
  List otherwise;                ///< empty without else
};

/// while … done, until … done
struct Loop {
  enum class Kind { loop_while, loop_until };
  Kind kind = Kind::loop_while;
  List condition;
  List body;
};

/// for name in words; do … done
struct For {
  std::string name;
  bool has_words = true;  ///< false without `in`: over "$@"
  std::vector<Word> words;
  List body;
};

/// case word in (pattern | pattern) … ;; esac
struct Case {
  /// What comes after the body: ;; or, of bash, ;& and ;;&
  enum class Ending { leave, run_next, test_next };
  struct Item {
    std::vector<Word> patterns;
    List body;
    Ending ending = Ending::leave;
  };
  Word subject;
  std::vector<Item> items;
};

/// name() command
struct FunctionDefinition {
  std::string name;
  CommandPointer body;                   ///< with the redirections of every call
  std::shared_ptr<const Source> source;  ///< what the positions in `body` are of
};

/// What stands in [[ … ]].
struct Condition {
  enum class Kind { unary, binary, negation, all, any };
  Kind kind = Kind::unary;
  std::string operation;  ///< "-f", "=="; a lone word is "-n"
  Word left;              ///< the only operand of a unary one
  Word right;
  std::vector<Condition> operands;  ///< of ! && ||
};

/// [[ condition ]]
struct Conditional {
  Condition condition;
};

/// (( expression ))
struct ArithmeticCommand {
  Arithmetic expression;
};

/// A command that bash has and that is not known here. It stops the evaluation when it is run.
struct NotKnownCommand {
  std::string what;
};

/// A command with its redirections: those of a simple command wherever they stand among its words,
/// those after a compound one.
struct Command {
  Position position;
  std::variant<SimpleCommand, Pipeline, AndOr, BraceGroup, Subshell, If, Loop, For, Case,
               FunctionDefinition, Conditional, ArithmeticCommand, NotKnownCommand>
      node;
  std::vector<Redirection> redirections;
};

/// A whole script.
struct Program {
  std::shared_ptr<const Source> source;
  List body;
};

}  // namespace stamp::scripts::shell
