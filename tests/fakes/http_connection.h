#pragma once
// One accepted connection of a fake server, plain or TLS.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace stamp::fakes {

/// A certificate with its key, both in PEM.
struct TlsIdentity {
  std::string certificate;
  std::string key;
};

/// The newest TLS that a server speaks.
enum class TlsVersion { v1_0, v1_2, v1_3 };

/// Bytes to and from one client.
class HttpConnection {
 public:
  explicit HttpConnection(Fd socket) : socket_(std::move(socket)) {}
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  virtual ~HttpConnection() = default;

  /// What a client must do before its first request; false when it did not.
  virtual bool open() { return true; }
  /// Fills the front of `out`: the number of bytes, 0 at the end or when the client has gone.
  virtual std::size_t receive(std::span<char> out);
  /// Sends all of `text`; false when the client has gone.
  virtual bool send(std::string_view text);
  /// Lets the client see the end of what was sent, and drops what it still sends.
  void close_gently();
  /// Ends the connection both ways; may be called by another thread.
  void close();
  /// Ends the connection with a reset, as a crashed middlebox does.
  void reset();

 protected:
  int socket() const { return socket_.get(); }

 private:
  Fd socket_;
};

/// Makes the connections of a server that speaks TLS.
class TlsAcceptor final {
 public:
  TlsAcceptor(const TlsIdentity& identity, TlsVersion newest);
  TlsAcceptor(const TlsAcceptor&) = delete;
  TlsAcceptor& operator=(const TlsAcceptor&) = delete;
  ~TlsAcceptor();
  /// `socket` as a TLS connection; must not outlive this.
  std::unique_ptr<HttpConnection> wrap(Fd socket) const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace stamp::fakes
