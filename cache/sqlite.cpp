#include "cache/sqlite.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include <errno.h>

#include <fmt/core.h>
#include <sqlite3.h>

#include "base/error.h"

namespace stamp::cache {
namespace {

/// Waits while another process holds the database. Everyone holds it for milliseconds; a minute is
/// as good as for ever.
int wait_a_moment(void* /*unused*/, int attempts) {
  constexpr int kAttempts = 60'000;
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return attempts < kAttempts ? 1 : 0;
}

ErrorKind kind_of(int extended) {
  // Another process found the index damaged and replaced the file that is open here.
  if (extended == SQLITE_READONLY_DBMOVED) return ErrorKind::corrupt;
  switch (extended & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // no such table: another database
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return ErrorKind::corrupt;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return ErrorKind::io;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorKind::denied;
    default:
      return ErrorKind::internal;
  }
}

[[noreturn]] void fail(sqlite3* database, int code) {
  const int primary = code & 0xFF;
  const char* file = sqlite3_db_filename(database, "main");
  const int system = sqlite3_system_errno(database);
  std::string cause = sqlite3_errstr(primary);
  if (primary == SQLITE_FULL) cause = describe_errno(ENOSPC);
  if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) && system != 0) {
    cause = describe_errno(system);
  }
  throw Error(kind_of(code), fmt::format("cannot use the index of the cache '{}': {}",
                                         file == nullptr ? "" : file, cause));
}

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK) fail(database, code);
}

[[noreturn]] void wrong_type(sqlite3_stmt* statement) {
  fail(sqlite3_db_handle(statement), SQLITE_CORRUPT);
}

}  // namespace

void close_database(sqlite3* database) {
  static_cast<void>(sqlite3_close_v2(database));
}

void finalize_statement(sqlite3_stmt* statement) {
  static_cast<void>(sqlite3_finalize(statement));
}

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  check(database, code);
}

Statement::Run::~Run() {
  static_cast<void>(sqlite3_reset(statement_));
  static_cast<void>(sqlite3_clear_bindings(statement_));
}

Statement::Run& Statement::Run::bind(const Digest& digest) {
  const auto& bytes = digest.bytes();
  check(sqlite3_db_handle(statement_),
        sqlite3_bind_blob(statement_, ++bound_, bytes.data(), static_cast<int>(bytes.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement::Run& Statement::Run::bind(std::uint64_t number) {
  check(sqlite3_db_handle(statement_),
        sqlite3_bind_int64(statement_, ++bound_, static_cast<sqlite3_int64>(number)));
  return *this;
}

Statement::Run& Statement::Run::bind(std::string_view text) {
  check(sqlite3_db_handle(statement_),
        sqlite3_bind_text(statement_, ++bound_, text.data() == nullptr ? "" : text.data(),
                          static_cast<int>(text.size()), SQLITE_TRANSIENT));
  return *this;
}

bool Statement::Run::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(sqlite3_db_handle(statement_), code);
  return false;
}

Digest Statement::Run::digest(int column) const {
  std::array<std::byte, 32> bytes{};
  const void* blob = sqlite3_column_blob(statement_, column);
  if (blob == nullptr || sqlite3_column_bytes(statement_, column) != 32) wrong_type(statement_);
  std::copy_n(static_cast<const std::byte*>(blob), bytes.size(), bytes.begin());
  return Digest(bytes);
}

bool Statement::Run::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::uint64_t Statement::Run::number(int column) const {
  const sqlite3_int64 number = sqlite3_column_int64(statement_, column);
  if (sqlite3_column_type(statement_, column) != SQLITE_INTEGER || number < 0) {
    wrong_type(statement_);
  }
  return static_cast<std::uint64_t>(number);
}

std::string Statement::Run::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) wrong_type(statement_);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): SQLite's byte type
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(const std::filesystem::path& file, Mode mode) {
  sqlite3* database = nullptr;
  // NOMUTEX: one thread at a time, which the cache sees to.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                    (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
  // NOFOLLOW refuses links anywhere in the path; only the cache's own folder is to have none.
  const std::filesystem::path resolved =
      std::filesystem::canonical(file.parent_path()) / file.filename();
  const int code = sqlite3_open_v2(resolved.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (database == nullptr) throw Error(ErrorKind::io, "cannot open SQLite: no memory");
  check(database, code);
  check(database, sqlite3_extended_result_codes(database, 1));
  check(database, sqlite3_busy_handler(database, wait_a_moment, nullptr));
}

void Database::run(const char* sql) {
  check(database_.get(), sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
}

void Database::roll_back() noexcept {
  static_cast<void>(sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr));
}

Snapshot::Snapshot(Database& database) : database_(database) {
  database_.run("BEGIN DEFERRED");
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) database_.roll_back();
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace stamp::cache
