#include "tests/fakes/http_connection.h"

#include <array>
#include <csignal>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/time.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/handle.h"

namespace stamp::fakes {
namespace {

using Bio = Handle<BIO, BIO_free_all>;
using Certificate = Handle<X509, X509_free>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

/// A connection over OpenSSL, used by one thread but for close().
class TlsConnection final : public HttpConnection {
 public:
  TlsConnection(Fd socket, SSL_CTX* context)
      : HttpConnection(std::move(socket)), ssl_(SSL_new(context)) {
    SSL_set_fd(ssl_.get(), HttpConnection::socket());
  }

  bool open() override {
    // OpenSSL writes without MSG_NOSIGNAL; the signal stays with this thread, which ignores it.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    return SSL_accept(ssl_.get()) == 1;
  }
  std::size_t receive(std::span<char> out) override {
    std::size_t got = 0;
    return SSL_read_ex(ssl_.get(), out.data(), out.size(), &got) == 1 ? got : 0;
  }
  bool send(std::string_view text) override {
    std::size_t sent = 0;
    return text.empty() || SSL_write_ex(ssl_.get(), text.data(), text.size(), &sent) == 1;
  }

 private:
  Handle<SSL, SSL_free> ssl_;
};

}  // namespace

std::size_t HttpConnection::receive(std::span<char> out) {
  const ssize_t got = ::recv(socket(), out.data(), out.size(), 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool HttpConnection::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void HttpConnection::close_gently() {
  // Closing with bytes unread would reset the connection and take the answer away from the client.
  static_cast<void>(::shutdown(socket(), SHUT_WR));
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  static_cast<void>(::setsockopt(socket(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
  std::array<char, 4096> dropped{};
  while (::recv(socket(), dropped.data(), dropped.size(), 0) > 0) {
  }
  close();
}

void HttpConnection::close() {
  static_cast<void>(::shutdown(socket(), SHUT_RDWR));
}

void HttpConnection::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  static_cast<void>(::setsockopt(socket(), SOL_SOCKET, SO_LINGER, &now, sizeof now));
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  // Connecting to nowhere resets at once, and the descriptor stays for close() of another thread.
  static_cast<void>(::connect(socket(), &nowhere, sizeof nowhere));
}

struct TlsAcceptor::Context {
  Handle<SSL_CTX, SSL_CTX_free> ssl;
};

TlsAcceptor::TlsAcceptor(const TlsIdentity& identity, TlsVersion newest)
    : context_(std::make_unique<Context>()) {
  context_->ssl.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = context_->ssl.get();
  const Bio certificate(
      BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size())));
  const Bio key(BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size())));
  const Certificate parsed(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
  const Key parsed_key(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
  if (SSL_CTX_use_certificate(context, parsed.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, parsed_key.get()) != 1) {
    throw std::runtime_error("no certificate of a server");
  }
  if (newest == TlsVersion::v1_0) {
    // What Debian's OpenSSL refuses to speak unless it is made to.
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_VERSION);
  } else if (newest == TlsVersion::v1_2) {
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  }
}

TlsAcceptor::~TlsAcceptor() = default;

std::unique_ptr<HttpConnection> TlsAcceptor::wrap(Fd socket) const {
  return std::make_unique<TlsConnection>(std::move(socket), context_->ssl.get());
}

}  // namespace stamp::fakes
