#pragma once
// Tar archives made field by field, for what no sane writer produces.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace stamp::layer::raw {

/// The fields of a header as they shall stand there; empty texts are filled as usual.
struct Fields {
  std::string name = "a";
  char type = '0';
  std::string link = {};
  std::string size = "00000000000";
  std::string mode = "0000644";
  std::string uid = "0000000";
  std::string gid = "0000000";
  std::string mtime = "00000000001";
  std::string magic = std::string("ustar\00000", 8);
  std::string devices = {};
  std::string prefix = {};
  std::string checksum = {};
};

inline std::string header(const Fields& fields) {
  std::string block(512, '\0');
  block.replace(0, fields.name.size(), fields.name);
  block.replace(100, fields.mode.size(), fields.mode);
  block.replace(108, fields.uid.size(), fields.uid);
  block.replace(116, fields.gid.size(), fields.gid);
  block.replace(124, fields.size.size(), fields.size);
  block.replace(136, fields.mtime.size(), fields.mtime);
  block.replace(148, 8, "        ");
  block[156] = fields.type;
  block.replace(157, fields.link.size(), fields.link);
  block.replace(257, fields.magic.size(), fields.magic);
  block.replace(329, fields.devices.size(), fields.devices);
  block.replace(337, fields.devices.size(), fields.devices);
  block.replace(345, fields.prefix.size(), fields.prefix);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  const std::string checksum =
      fields.checksum.empty() ? fmt::format("{:06o}", sum) : fields.checksum;
  block.replace(148, checksum.size(), checksum);
  block[154] = '\0';
  return block;
}

/// Content, filled up to whole blocks.
inline std::string padded(std::string_view content) {
  std::string out(content);
  out.resize((out.size() + 511) / 512 * 512);
  return out;
}

/// A header of this type with content, its size filled in.
inline std::string member(Fields fields, std::string_view content) {
  fields.size = fmt::format("{:011o}", content.size());
  return header(fields) + padded(content);
}

/// One pax record.
inline std::string record(std::string_view key, std::string_view value) {
  std::size_t length = key.size() + value.size() + 3;
  while (length != key.size() + value.size() + 3 + std::to_string(length).size()) {
    length = key.size() + value.size() + 3 + std::to_string(length).size();
  }
  return fmt::format("{} {}={}\n", length, key, value);
}

/// A pax header with these records.
inline std::string pax(std::string_view records, char type = 'x') {
  return member({.name = "pax", .type = type}, records);
}

inline const std::string kEnd(1024, '\0');

}  // namespace stamp::layer::raw
