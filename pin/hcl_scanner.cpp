#include "pin/hcl_scanner.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include "base/diagnostic.h"
#include "base/error.h"
#include "base/yaml.h"
#include "base/yaml_text.h"

namespace stamp::pin {
namespace {

constexpr std::size_t kMaxDepth = 128;

bool starts_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool continues_identifier(char c) {
  return starts_identifier(c) || (c >= '0' && c <= '9') || c == '-';
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | (point >> 6U));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

HclScanner::HclScanner(const FileText& file) : file_(file), text_(file.text) {
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

void HclScanner::skip_blanks() {
  while (!at_end()) {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '#' || sees("//") || sees("/*")) {
      skip_comment();
    } else {
      return;
    }
  }
}

void HclScanner::skip_lines() {
  skip_blanks();
  while (peek() == '\n') {
    ++at_;
    skip_blanks();
  }
}

void HclScanner::skip_comment() {
  if (!sees("/*")) {
    const std::size_t end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end;
    return;
  }
  const std::size_t end = text_.find("*/", at_ + 2);
  if (end == std::string_view::npos) refuse(at_, "the comment has no end: '*/' is missing");
  at_ = end + 2;
}

std::string_view HclScanner::identifier() {
  const std::size_t begin = at_;
  if (!at_end() && starts_identifier(peek())) {
    while (!at_end() && continues_identifier(peek())) ++at_;
  }
  return text_.substr(begin, at_ - begin);
}

HclString HclScanner::string() {
  const std::size_t begin = at_++;
  HclString out;
  std::string text;
  while (peek() != '"') {
    if (at_end() || peek() == '\n') refuse(begin, "the string has no end: '\"' is missing");
    if (sees("$${") || sees("%%{")) {
      text.append({peek(), '{'});
      at_ += 3;
    } else if (sees("${") || sees("%{")) {
      if (!std::exchange(out.has_template, true)) out.field.text = text;
      skip_template();
    } else if (peek() == '\\') {
      escape(text);
    } else {
      text += peek();
      ++at_;
    }
  }
  ++at_;
  if (!out.has_template) out.field.text = std::move(text);
  out.field.span = {begin, at_};
  out.field.notation = Notation::hcl;
  return out;
}

void HclScanner::skip_template() {
  const std::size_t begin = at_;
  enter();
  at_ += 2;
  for (std::size_t open = 1; open > 0;) {
    if (at_end()) refuse(begin, "the template has no end: '}' is missing");
    if (peek() == '"') {
      string();
      continue;
    }
    if (sees("/*")) {
      skip_comment();
      continue;
    }
    if (peek() == '{') ++open;
    if (peek() == '}') --open;
    ++at_;
  }
  leave();
}

void HclScanner::escape(std::string& out) {
  const char c = peek_second();
  switch (c) {
    case 'n':
      out += '\n';
      break;
    case 'r':
      out += '\r';
      break;
    case 't':
      out += '\t';
      break;
    case '"':
    case '\\':
      out += c;
      break;
    case 'u':
      return code_point(4, out);
    case 'U':
      return code_point(8, out);
    default:
      refuse(at_, "HCL knows no such escape; a backslash itself is written '\\\\'");
  }
  at_ += 2;
}

void HclScanner::code_point(std::size_t digits, std::string& out) {
  const std::string_view hex = text_.substr(at_ + 2, digits);
  std::uint32_t point = 0;
  const auto [end, problem] = std::from_chars(hex.data(), hex.data() + hex.size(), point, 16);
  const bool whole = problem == std::errc() && end == hex.data() + hex.size();
  if (hex.size() < digits || !whole) refuse(at_, "the escape is cut short");
  if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
    refuse(at_, "the escape stands for no character");
  }
  append_utf8(point, out);
  at_ += 2 + digits;
}

void HclScanner::skip_heredoc() {
  const std::size_t begin = at_;
  at_ += 2;
  if (peek() == '-') ++at_;
  const std::string_view word = identifier();
  if (sees("\r")) ++at_;
  if (word.empty() || peek() != '\n') refuse(begin, "a word and the line's end belong behind '<<'");
  while (peek() == '\n') {
    ++at_;
    const std::size_t end = text_.find('\n', at_);
    std::string_view line = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    at_ += line.size();
    if (line.ends_with('\r')) line.remove_suffix(1);
    // Terraform takes a marker that is indented for the end in both forms.
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string_view::npos && line.substr(first) == word) return;
  }
  refuse(begin, "the heredoc has no end: a line '" + std::string(word) + "' is missing");
}

void HclScanner::enter() {
  if (++depth_ > kMaxDepth) refuse(at_, "it is nested too deeply");
}

void HclScanner::refuse(std::size_t offset, std::string message) const {
  throw Error(ErrorKind::invalid, render(problem_at(file_.name, text_, position_at(text_, offset),
                                                    std::move(message))));
}

}  // namespace stamp::pin
