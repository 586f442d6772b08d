#include "maintainer-scripts/tools/derived_gvdb.h"

#include <array>
#include <utility>

#include "maintainer-scripts/process.h"

namespace stamp::scripts::derived {
namespace {

// Of 2^3 to 2^20 slots.
constexpr std::size_t kFirstShift = 3;
constexpr std::array<std::uint32_t, 18> kPrimes = {7,     13,    31,     61,     127,    251,
                                                   509,   1021,  2039,   4093,   8191,   16381,
                                                   32749, 65521, 131071, 262139, 524287, 1048573};
constexpr std::size_t kHeaderSize = 24;
constexpr std::size_t kItemSize = 24;
constexpr std::uint32_t kNone = 0xffffffff;

/// The hash of tables in memory and in files.
std::uint32_t hash_of(std::string_view key) {
  std::uint32_t hash = 5381;
  for (const char c : key) {
    hash = hash * 33 +
           static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<signed char>(c)));
  }
  return hash;
}

}  // namespace

GlibHashTable::GlibHashTable() : slots_(std::size_t{1} << kFirstShift) {}

std::size_t GlibHashTable::home_of(std::uint32_t hash) const {
  return hash * 11 % kPrimes.at(shift_ - kFirstShift);
}

void GlibHashTable::insert(const std::string& key) {
  std::uint32_t hash = hash_of(key);
  if (hash < 2) hash = 2;
  std::size_t at = home_of(hash);
  for (std::size_t step = 1; slots_[at].hash != 0; ++step) {
    if (slots_[at].hash == hash && slots_[at].key == key) return;
    at = (at + step) & (slots_.size() - 1);
  }
  slots_[at] = {hash, key};
  ++count_;
  if (slots_.size() <= count_ + count_ / 16) resize();
}

void GlibHashTable::resize() {
  const std::size_t old_size = slots_.size();
  const std::size_t wanted = count_ * 1333 / 1000;
  shift_ = kFirstShift;
  while ((wanted >> shift_) != 0) ++shift_;
  if (shift_ - kFirstShift >= kPrimes.size()) throw Unknown("so many settings");
  slots_.resize(std::size_t{1} << shift_);
  std::vector<bool> placed(slots_.size());
  for (std::size_t i = 0; i < old_size; ++i) {
    if (slots_[i].hash == 0 || placed[i]) continue;
    Slot moving = std::exchange(slots_[i], Slot());
    while (moving.hash != 0) {
      std::size_t at = home_of(moving.hash);
      for (std::size_t step = 1; placed[at]; ++step) at = (at + step) & (slots_.size() - 1);
      placed[at] = true;
      std::swap(slots_[at], moving);
    }
  }
}

std::vector<std::string> GlibHashTable::keys() const {
  std::vector<std::string> keys;
  for (const Slot& slot : slots_) {
    if (slot.hash != 0) keys.push_back(slot.key);
  }
  return keys;
}

/// Puts the file together.
struct GvdbTable::Writer {
  std::string bytes = std::string(kHeaderSize, '\0');

  void put(std::size_t at, std::uint32_t number) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(number >> (8 * i));
  }

  /// Makes room; `pointer` is where its begin and end are put.
  std::size_t allocate(std::size_t alignment, std::size_t size, std::size_t pointer) {
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment, '\0');
    const std::size_t begin = bytes.size();
    bytes.resize(begin + size, '\0');
    put(pointer, static_cast<std::uint32_t>(begin));
    put(pointer + 4, static_cast<std::uint32_t>(bytes.size()));
    return begin;
  }

  void add(const GvdbTable& table, std::size_t pointer);
  void add_item(const GvdbTable& table, const std::string& name, std::size_t at,
                const std::map<std::string, std::uint32_t>& indices);
};

void GvdbTable::Writer::add(const GvdbTable& table, std::size_t pointer) {
  const std::size_t count = table.order_.size();
  std::vector<std::vector<std::string>> buckets(count);
  for (const std::string& name : table.order_.keys()) {
    std::vector<std::string>& bucket = buckets[hash_of(name) % count];
    bucket.insert(bucket.begin(), name);
  }
  std::map<std::string, std::uint32_t> indices;
  const std::size_t begin = allocate(4, 8 + 4 * count + kItemSize * count, pointer);
  put(begin, std::uint32_t{5} << 27U);
  put(begin + 4, static_cast<std::uint32_t>(count));
  std::uint32_t index = 0;
  for (std::size_t i = 0; i < count; ++i) {
    put(begin + 8 + 4 * i, index);
    for (const std::string& name : buckets[i]) indices.emplace(name, index++);
  }
  std::size_t at = begin + 8 + 4 * count;
  for (const std::vector<std::string>& bucket : buckets) {
    for (const std::string& name : bucket) {
      add_item(table, name, at, indices);
      at += kItemSize;
    }
  }
}

void GvdbTable::Writer::add_item(const GvdbTable& table, const std::string& name, std::size_t at,
                                 const std::map<std::string, std::uint32_t>& indices) {
  const auto item = table.items_.find(name);
  const bool is_root = name.empty();
  put(at, hash_of(name));
  put(at + 4, !is_root && item->second.is_listed ? indices.at("") : kNone);
  put(at + 8, static_cast<std::uint32_t>(bytes.size()));
  const char type = is_root ? 'L' : item->second.table.empty() ? 'v' : 'H';
  put(at + 12, static_cast<std::uint32_t>(name.size()) |
                   std::uint32_t{static_cast<unsigned char>(type)} << 16U);
  bytes += name;
  if (type == 'H') return add(item->second.table.front(), at + 16);
  if (type == 'v') {
    const std::string value = boxed_variant(item->second.value).bytes;
    const std::size_t begin = allocate(8, value.size(), at + 16);
    bytes.replace(begin, value.size(), value);
    return;
  }
  std::vector<std::uint32_t> children;
  for (const auto& [child, value] : table.items_) {
    if (value.is_listed) children.push_back(indices.at(child));
  }
  // with nothing in it the real one writes what is in memory
  if (children.empty()) throw Unknown("a schema without keys");
  std::size_t begin = allocate(4, 4 * children.size(), at + 16);
  for (const std::uint32_t child : children) {
    put(begin, child);
    begin += 4;
  }
}

void GvdbTable::add_value(const std::string& name, const Variant& value) {
  order_.insert(name);
  items_[name] = {false, value, {}};
}

void GvdbTable::add_listed_value(const std::string& name, const Variant& value) {
  add_value(name, value);
  items_[name].is_listed = true;
}

void GvdbTable::add_listed_table(const std::string& name, GvdbTable table) {
  order_.insert(name);
  Item& item = items_[name];
  item.is_listed = true;
  item.table.push_back(std::move(table));
}

std::string GvdbTable::file() const {
  Writer writer;
  writer.bytes.replace(0, 8, "GVariant");
  writer.add(*this, 16);
  return writer.bytes;
}

}  // namespace stamp::scripts::derived
