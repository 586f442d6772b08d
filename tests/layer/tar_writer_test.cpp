#include "layer/tar_writer.h"

#include <gtest/gtest.h>

#include "layer/tar_reader.h"
#include "tests/expect_error.h"
#include "tests/layer/raw_tar.h"
#include "tests/layer/run.h"

namespace stamp::layer {
namespace {

Entry entry_at(std::string_view path, EntryType type = EntryType::file) {
  Entry entry;
  entry.path = EntryPath::parse(path);
  entry.type = type;
  entry.mtime = 1;
  return entry;
}

std::string written(const Entry& entry, std::string_view content = "") {
  StringSink out;
  TarWriter writer(out);
  BytesSourceView source(as_bytes(content));
  writer.add(entry, source);
  EXPECT_EQ(writer.size(), out.text().size());
  return out.take();
}

Entry read_back(const std::string& members) {
  StringSource source(members + raw::kEnd);
  TarReader reader(source, "archive");
  return reader.next().value();
}

TEST(TarWriter, AFileIsOneUstarHeaderAndItsContent) {
  Entry entry = entry_at("/usr/bin/x");
  entry.mode = 04755;
  entry.uid = 1000;
  entry.gid = 50;
  entry.size = 7;
  EXPECT_EQ(written(entry, "content"), raw::header({.name = "usr/bin/x",
                                                    .size = "00000000007",
                                                    .mode = "0004755",
                                                    .uid = "0001750",
                                                    .gid = "0000062",
                                                    .devices = "0000000"}) +
                                           raw::padded("content"));
}

TEST(TarWriter, NamesUpTo100BytesNeedNothingMore) {
  const Entry entry = entry_at("/" + std::string(100, 'n'));
  EXPECT_EQ(written(entry).size(), 512U);
  EXPECT_EQ(read_back(written(entry)), entry);
}

TEST(TarWriter, NamesUpTo256BytesAreCutAtASlash) {
  const Entry entry = entry_at("/" + std::string(155, 'p') + "/" + std::string(100, 'n'));
  EXPECT_EQ(written(entry).size(), 512U);
  EXPECT_EQ(read_back(written(entry)), entry);
  const Entry folder =
      entry_at("/" + std::string(120, 'p') + "/" + std::string(50, 'n'), EntryType::directory);
  EXPECT_EQ(written(folder).size(), 512U);
  EXPECT_EQ(read_back(written(folder)), folder);
}

TEST(TarWriter, WhatDoesNotFitGetsAPaxHeader) {
  Entry entry = entry_at("/" + std::string(101, 'n'));
  EXPECT_EQ(written(entry).size(), 3 * 512U);
  EXPECT_EQ(read_back(written(entry)), entry);
  entry = entry_at("/" + std::string(101, 'n'), EntryType::directory);
  EXPECT_EQ(read_back(written(entry)), entry);
  entry = entry_at("/" + std::string(4000, 'n') + "/x");
  EXPECT_EQ(read_back(written(entry)), entry);
  entry = entry_at("/\xc3\xa9t\xc3\xa9");
  EXPECT_EQ(read_back(written(entry)), entry);
  entry = entry_at("/l", EntryType::symlink);
  entry.link_target = std::string(101, 't');
  EXPECT_EQ(read_back(written(entry)), entry);
  entry.link_target = "\xc3\xa9";
  EXPECT_EQ(read_back(written(entry)), entry);
  entry = entry_at("/a");
  entry.uid = 07777777;
  entry.gid = 07777777;
  EXPECT_EQ(written(entry).size(), 512U);
  entry.uid = 010000000;
  entry.gid = 0x7fffffff;
  EXPECT_EQ(read_back(written(entry)), entry);
  entry = entry_at("/a");
  entry.xattrs = {{"security.capability", std::string("\1\0\n=", 4)}, {"user.z", "1"}};
  EXPECT_EQ(read_back(written(entry)), entry);
}

TEST(TarWriter, TheRecordsOfAPaxHeaderAreInOrderAndCountThemselves) {
  Entry entry = entry_at("/" + std::string(90, '\x7f') + "\xc3\xa9");
  entry.uid = 3'000'000;
  EXPECT_EQ(written(entry).substr(512, 116),
            "102 path=" + std::string(90, '\x7f') + "\xc3\xa9\n15 uid=3000000")
      << "length of the record: 3 digits although the rest alone has 99 bytes";
}

TEST(TarWriter, ContentOf8GiBHasItsSizeInAPaxRecord) {
  Entry entry = entry_at("/big");
  entry.size = std::uint64_t{1} << 33U;
  StringSink out;
  TarWriter writer(out);
  writer.begin(entry);
  EXPECT_EQ(out.text().size(), 3 * 512U);
  EXPECT_EQ(out.text().substr(512, 19), "19 size=8589934592\n");
  StringSource source(out.take());
  TarReader reader(source, "archive");
  EXPECT_EQ(reader.next(), entry);
}

TEST(TarWriter, ContentHasExactlyTheAnnouncedSize) {
  Entry entry = entry_at("/dir/a");
  entry.size = 5;
  EXPECT_EQ(written(entry, "12345").size(), 1024U);
  EXPECT_EQ(message_of([&] { written(entry, "1234"); }),
            "stamp: error: cannot write '/dir/a': it has 1 bytes less than announced\n");
  EXPECT_EQ(message_of([&] { written(entry, "123456"); }),
            "stamp: error: cannot write '/dir/a': it has more bytes than announced\n");
  EXPECT_EQ(kind_of([&] { written(entry, ""); }), ErrorKind::corrupt);
}

TEST(TarWriter, InvalidEntriesAreRefused) {
  Entry entry = entry_at("/a");
  entry.uid = 0xffffffff;
  EXPECT_EQ(kind_of([&] { written(entry); }), ErrorKind::invalid);
}

TEST(TarWriter, TheEndIsTwoZeroBlocks) {
  StringSink out;
  TarWriter(out).write_end();
  EXPECT_EQ(out.text(), raw::kEnd);
}

TEST(TarWriter, GnuTarListsWhatWasWritten) {
  StringSink out;
  TarWriter writer(out);
  writer.add(entry_at("/", EntryType::directory));
  Entry folder = entry_at("/d", EntryType::directory);
  folder.mode = 01777;
  writer.add(folder);
  Entry file = entry_at("/d/" + std::string(200, 'n'));
  file.uid = 5'000'000;
  file.size = 3;
  BytesSourceView content(as_bytes("abc"));
  writer.add(file, content);
  Entry hard = entry_at("/d/h", EntryType::hardlink);
  hard.link_target = file.path.str();
  writer.add(hard);
  Entry soft = entry_at("/d/s", EntryType::symlink);
  soft.mode = 0777;
  soft.link_target = "/abs";
  writer.add(soft);
  Entry device = entry_at("/d/null", EntryType::character_device);
  device.device_major = 1;
  device.device_minor = 3;
  writer.add(device);
  writer.write_end();
  const std::string name(200, 'n');
  EXPECT_EQ(run("/usr/bin/tar", {"-tv", "--full-time", "-f", "-"}, out.text()),
            "drw-r--r-- 0/0               0 1970-01-01 00:00:01 ./\n"
            "drwxrwxrwt 0/0               0 1970-01-01 00:00:01 d/\n"
            "-rw-r--r-- 5000000/0         3 1970-01-01 00:00:01 d/" +
                name +
                "\n"
                "hrw-r--r-- 0/0               0 1970-01-01 00:00:01 d/h link to d/" +
                name +
                "\n"
                "lrwxrwxrwx 0/0               0 1970-01-01 00:00:01 d/s -> /abs\n"
                "crw-r--r-- 0/0             1,3 1970-01-01 00:00:01 d/null\n");
}

}  // namespace
}  // namespace stamp::layer
