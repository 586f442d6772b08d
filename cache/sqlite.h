#pragma once
// A thin layer over SQLite: owners, errors as stamp::Error, and values bound by type.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/handle.h"

struct sqlite3;
struct sqlite3_stmt;

namespace stamp::cache {

/// The deleters of SQLite's objects.
void close_database(sqlite3* database);
void finalize_statement(sqlite3_stmt* statement);

/// A statement that is prepared once and run many times.
class Statement final {
 public:
  Statement(sqlite3* database, std::string_view sql);

  /// One run of a statement, with its parameters; the statement is reset when this ends.
  class Run final {
   public:
    explicit Run(sqlite3_stmt* statement) : statement_(statement) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run();

    /// Binds the next parameter.
    Run& bind(const Digest& digest);
    Run& bind(std::uint64_t number);
    Run& bind(std::string_view text);
    /// Goes to the next row; false after the last. Errors: see Database.
    bool next();
    /// Runs a statement that gives no rows.
    void finish() { static_cast<void>(next()); }
    /// Columns of the row, from 0. Errors: corrupt (of another type).
    Digest digest(int column) const;
    std::uint64_t number(int column) const;
    std::string text(int column) const;
    bool is_null(int column) const;

   private:
    sqlite3_stmt* statement_;
    int bound_ = 0;
  };

  /// Starts a run; one at a time.
  Run run() { return Run(statement_.get()); }

 private:
  Handle<sqlite3_stmt, finalize_statement> statement_;
};

/// An open database. Errors of everything here: corrupt (it is damaged, or not the database that
/// was expected); io (the system refused, or the disk is full); denied (read-only).
class Database final {
 public:
  enum class Mode { existing, create };

  Database(const std::filesystem::path& file, Mode mode);
  /// Runs SQL that gives no rows.
  void run(const char* sql);
  /// Ends a transaction without its changes, if one is open.
  void roll_back() noexcept;
  Statement prepare(std::string_view sql) { return Statement(database_.get(), sql); }

 private:
  Handle<sqlite3, close_database> database_;
};

/// Several statements that only read see one state of the database, and lock it once.
class Snapshot final {
 public:
  explicit Snapshot(Database& database);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() { database_.roll_back(); }

 private:
  Database& database_;
};

/// A transaction; rolled back unless committed.
class Transaction final {
 public:
  /// Starts to write at once: there is no later moment at which somebody else may be in the way.
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace stamp::cache
