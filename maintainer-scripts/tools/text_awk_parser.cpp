#include "maintainer-scripts/tools/text_awk_parser.h"

#include <utility>

#include <fmt/core.h>

namespace stamp::scripts::awk_program {
namespace {

using Kind = Node::Kind;

/// Rules, functions and statements.
class Parser : private ExpressionParser {
 public:
  Parser(Budget& budget, std::string_view text, Program& program)
      : ExpressionParser(budget, text, program), budget_(budget) {}

  void parse() {
    skip_terminators();
    while (token().kind != Token::Kind::end) {
      if (is("function")) {
        function();
      } else {
        rule();
      }
      skip_terminators();
    }
    arrange_functions();
  }

 private:
  void skip_terminators() {
    while (token().kind == Token::Kind::newline || is(";")) advance();
  }

  void rule() {
    Rule rule;
    if (take("BEGIN")) {
      rule.when = Rule::When::begin;
    } else if (take("END")) {
      rule.when = Rule::When::end;
    } else if (!is("{")) {
      rule.when = Rule::When::pattern;
      rule.first = expression();
      if (take(",")) {
        skip_newlines();
        rule.when = Rule::When::range;
        rule.last = expression();
      }
    }
    if (is("{")) {
      rule.action = block();
    } else if (rule.when == Rule::When::begin || rule.when == Rule::When::end) {
      bad("no action");
    }
    program_.rules.push_back(std::move(rule));
  }

  void function() {
    advance();
    if (token().kind != Token::Kind::name && token().kind != Token::Kind::function_name) {
      bad("no function's name");
    }
    Function made{.name = token().text};
    functions_.try_emplace(made.name, static_cast<int>(functions_.size()));
    advance();
    expect("(");
    while (!is(")")) {
      if (token().kind != Token::Kind::name) bad("no parameter");
      parameters_[token().text] = static_cast<int>(made.parameters++);
      advance();
      if (!take(",")) break;
      skip_newlines();
    }
    expect(")");
    skip_newlines();
    made.body = block();
    parameters_.clear();
    program_.functions.push_back(std::move(made));
  }

  /// Functions may be called before they are defined: puts each where its calls look for it.
  void arrange_functions() {
    std::vector<Function> arranged(functions_.size());
    for (Function& made : program_.functions) {
      Function& place = arranged[static_cast<std::size_t>(functions_.at(made.name))];
      if (place.body) throw Unknown(fmt::format("awk function '{}' is there twice", made.name));
      place = std::move(made);
    }
    for (const auto& [name, index] : functions_) {
      if (!arranged[static_cast<std::size_t>(index)].body) {
        throw Unknown(fmt::format("awk function '{}' is not known", name));
      }
    }
    program_.functions = std::move(arranged);
  }

  NodePtr block() {
    expect("{");
    NodePtr node = make_node(Kind::block);
    skip_terminators();
    while (!is("}")) {
      if (token().kind == Token::Kind::end) bad("no '}'");
      node->kids.push_back(statement());
      skip_terminators();
    }
    advance();
    return node;
  }

  void end_statement() {
    if (take(";")) return;
    if (!is_end_of_statement()) bad("more than a statement");
    if (token().kind == Token::Kind::newline) advance();
  }

  NodePtr statement() {
    const Budget::Level level(budget_);
    if (is("{")) return block();
    if (take("if")) return if_else();
    if (take("while")) return while_loop();
    if (take("do")) return do_loop();
    if (take("for")) return for_loop();
    if (take(";")) return make_node(Kind::nothing);
    NodePtr node = simple();
    end_statement();
    return node;
  }

  /// The statement that a condition or a loop governs.
  NodePtr body() {
    skip_newlines();
    return statement();
  }

  NodePtr condition() {
    expect("(");
    skip_newlines();
    NodePtr node = expression();
    skip_newlines();
    expect(")");
    return node;
  }

  NodePtr if_else() {
    NodePtr test = condition();
    NodePtr yes = body();
    skip_terminators();
    if (!take("else")) return make_node(Kind::if_else, std::move(test), std::move(yes));
    return make_node(Kind::if_else, std::move(test), std::move(yes), body());
  }

  NodePtr while_loop() {
    NodePtr test = condition();
    if (take(";")) return make_node(Kind::while_loop, std::move(test), make_node(Kind::nothing));
    return make_node(Kind::while_loop, std::move(test), body());
  }

  NodePtr do_loop() {
    NodePtr inner = body();
    skip_terminators();
    expect("while");
    NodePtr test = condition();
    end_statement();
    return make_node(Kind::do_loop, std::move(inner), std::move(test));
  }

  NodePtr for_loop() {
    expect("(");
    NodePtr first = make_node(Kind::nothing);
    if (!is(";")) {
      first = simple(Where::in_for);
      if (take("in")) return for_in(std::move(first));
    }
    expect(";");
    skip_newlines();
    NodePtr test;
    if (is(";")) {
      test = make_node(Kind::number);
      test->number = 1;
    } else {
      test = expression();
    }
    expect(";");
    skip_newlines();
    NodePtr step = is(")") ? make_node(Kind::nothing) : simple();
    expect(")");
    NodePtr inner = take(";") ? make_node(Kind::nothing) : body();
    return make_node(Kind::for_loop, std::move(first), std::move(test), std::move(step),
                     std::move(inner));
  }

  NodePtr for_in(NodePtr first) {
    if (first->kind != Kind::expression) bad("no variable");
    NodePtr target = std::move(first->kids.front());
    if (token().kind != Token::Kind::name) bad("no array");
    NodePtr array = variable(token().text);
    advance();
    expect(")");
    return make_node(Kind::for_in, std::move(target), std::move(array), body());
  }

  NodePtr simple(Where where = Where::anywhere) {
    if (is("print") || is("printf")) return print();
    if (take("next")) return make_node(Kind::next);
    if (take("nextfile")) return make_node(Kind::next_file);
    if (take("break")) return make_node(Kind::break_loop);
    if (take("continue")) return make_node(Kind::continue_loop);
    if (take("exit")) return with_value(Kind::exit);
    if (take("return")) return with_value(Kind::return_value);
    if (take("delete")) return delete_element();
    return make_node(Kind::expression, expression(where));
  }

  NodePtr with_value(Kind kind) {
    NodePtr node = make_node(kind);
    if (!is_end_of_statement()) node->kids.push_back(expression());
    return node;
  }

  NodePtr delete_element() {
    if (token().kind != Token::Kind::name) bad("no array");
    NodePtr node = make_node(Kind::delete_element, variable(token().text));
    advance();
    if (!take("[")) return node;
    for (NodePtr& kid : list(Where::anywhere, "]")) node->kids.push_back(std::move(kid));
    expect("]");
    return node;
  }

  NodePtr print() {
    NodePtr node = make_node(is("print") ? Kind::print : Kind::printf);
    advance();
    node->kids = list(Where::in_print, "");
    if (node->kids.size() == 1 && node->kids.front()->kind == Kind::group) {
      // "print (a, b)": the parentheses hold the list
      NodePtr group = std::move(node->kids.front());
      node->kids = std::move(group->kids);
    }
    if (node->kind == Kind::printf && node->kids.empty()) bad("no format");
    for (const NodePtr& kid : node->kids) {
      if (kid->kind == Kind::group && kid->kids.size() > 1) bad("a list");
    }
    for (const auto& [text, operation] :
         {std::pair(">", '>'), std::pair(">>", 'a'), std::pair("|", '|')}) {
      if (!take(text)) continue;
      node->operation = operation;
      node->kids.push_back(concatenation(Where::in_print));
      break;
    }
    return node;
  }

  Budget& budget_;
};

}  // namespace

Program parse(Budget& budget, std::string_view text) {
  Program program;
  // NF is the first, so that it can be told from all others
  for (const char* name : {"NF", "NR", "FNR", "FS", "OFS", "ORS", "RS", "SUBSEP", "CONVFMT", "OFMT",
                           "FILENAME", "RSTART", "RLENGTH", "ENVIRON", "ARGC", "ARGV"}) {
    program.globals.try_emplace(name, static_cast<int>(program.globals.size()));
  }
  Parser(budget, text, program).parse();
  return program;
}

}  // namespace stamp::scripts::awk_program
