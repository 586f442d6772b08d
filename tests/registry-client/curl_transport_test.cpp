#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/stream.h"
#include "registry-client/transport.h"
#include "tests/expect_error.h"
#include "tests/fakes/http_server.h"

namespace stamp::registry {
namespace {

using fakes::HttpReply;
using fakes::HttpRequest;
using fakes::HttpServer;

std::string fetch(Transport& transport, const std::string& url) {
  StringSink body;
  static_cast<void>(transport.send({.url = url}, [&](const Response&) { return &body; }));
  return body.take();
}

TEST(CurlTransport, SendsFieldsAndGivesTheAnswer) {
  HttpServer server([](const HttpRequest&) {
    return HttpReply{.status = 203, .fields = {{"X-Thing", "value "}}, .body = "hello"};
  });
  const auto transport = make_curl_transport({.user_agent = "stamp/test"});
  StringSink body;
  const Response response =
      transport->send({.url = server.url("/a?b"), .headers = {{"Range", "bytes=1-"}}},
                      [&](const Response&) { return &body; });
  EXPECT_EQ(response.status, 203);
  ASSERT_NE(response.header("x-thing"), nullptr);
  EXPECT_EQ(*response.header("x-thing"), "value");
  EXPECT_TRUE(response.from_private_address);
  EXPECT_EQ(body.text(), "hello");
  const HttpRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a?b");
  EXPECT_EQ(request.field("range"), "bytes=1-");
  EXPECT_EQ(request.field("user-agent"), "stamp/test");
  EXPECT_EQ(request.field("cookie"), "");
  EXPECT_EQ(request.field("accept-encoding"), "");
}

TEST(CurlTransport, SendsABody) {
  HttpServer server([](const HttpRequest& request) {
    return HttpReply{.status = 201, .body = request.method + " " + request.body};
  });
  const auto transport = make_curl_transport({});
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    StringSink answer;
    const Response response = transport->send(
        {.method = method,
         .url = server.url("/"),
         .headers = {{"Content-Type", "text/plain"}},
         .body = RequestBody{.length = 5,
                             .open = [] { return std::make_unique<StringSource>("hello, rest"); }}},
        [&](const Response&) { return &answer; });
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(answer.text(), std::string(method) + " hello");
  }
  const HttpRequest request = server.requests().at(0);
  EXPECT_EQ(request.field("content-length"), "5");
  EXPECT_EQ(request.field("content-type"), "text/plain");
  EXPECT_EQ(request.field("expect"), "");
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlTransport, SaysThatThereIsNoBody) {
  HttpServer server([](const HttpRequest&) { return HttpReply{.status = 202}; });
  const auto transport = make_curl_transport({});
  const Response response = transport->send({.method = "POST", .url = server.url("/")},
                                            [](const Response&) { return nullptr; });
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(server.requests().at(0).field("content-length"), "0");
}

TEST(CurlTransport, ABodyThatIsTooShortIsAnError) {
  HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  const auto transport = make_curl_transport({});
  EXPECT_EQ(
      message_of([&] {
        static_cast<void>(transport->send(
            {.method = "PUT",
             .url = server.url("/"),
             .body = RequestBody{.length = 5,
                                 .open = [] { return std::make_unique<StringSource>("abc"); }}},
            [](const Response&) { return nullptr; }));
      }),
      "stamp: error: cannot send to '" + server.url("/") + "': 2 bytes are missing\n");
}

TEST(CurlTransport, AnAnswerMayComeBeforeTheBodyEnds) {
  HttpServer server([](const HttpRequest&) { return HttpReply{.status = 413, .body = "too big"}; },
                    {.intake = [](const HttpRequest&) { return fakes::HttpIntake{.most = 1000}; }});
  const auto transport = make_curl_transport({});
  const Response response = transport->send(
      {.method = "PUT",
       .url = server.url("/"),
       .body =
           RequestBody{
               .length = 50'000,
               .open = [] { return std::make_unique<StringSource>(std::string(50'000, 'x')); }}},
      [](const Response&) { return nullptr; });
  EXPECT_EQ(response.status, 413);
}

TEST(CurlTransport, FollowsNoRedirect) {
  HttpServer server([](const HttpRequest&) {
    return HttpReply{.status = 302, .fields = {{"location", "/other"}}};
  });
  const auto transport = make_curl_transport({});
  const Response response =
      transport->send({.url = server.url("/")}, [](const Response&) { return nullptr; });
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(CurlTransport, KeepsConnections) {
  HttpServer server([](const HttpRequest&) { return HttpReply{.body = "x"}; });
  const auto transport = make_curl_transport({});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fetch(*transport, server.url("/")), "x");
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlTransport, ServesManyThreads) {
  HttpServer server([](const HttpRequest& request) { return HttpReply{.body = request.target}; });
  const auto transport = make_curl_transport({});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < 10; ++j) {
          const std::string path = "/" + std::to_string(i) + "/" + std::to_string(j);
          EXPECT_EQ(fetch(*transport, server.url(path)), path);
        }
      });
    }
  }
  EXPECT_EQ(server.requests().size(), 40U);
  EXPECT_LE(server.connections(), 4);
}

TEST(CurlTransport, RefusesPrivateAddressesWhenAsked) {
  HttpServer server([](const HttpRequest&) { return HttpReply{}; });
  const auto transport = make_curl_transport({});
  // A connection that is already there does not help.
  static_cast<void>(fetch(*transport, server.url("/")));
  const std::string url = server.url("/secret");
  EXPECT_EQ(message_of([&] {
              static_cast<void>(transport->send({.url = url, .addresses = Addresses::public_only},
                                                [](const Response&) { return nullptr; }));
            }),
            "stamp: error: cannot fetch '" + url +
                "': a public server points to the private address 127.0.0.1\n");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(CurlTransport, GivesUpWhenTooSlow) {
  HttpServer server([](const HttpRequest&) {
    return HttpReply{
        .body = std::string(100, 'x'), .pause = std::chrono::milliseconds(50), .trickle = true};
  });
  const auto transport = make_curl_transport({.low_speed_time = std::chrono::seconds(1)});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_of([&] { static_cast<void>(fetch(*transport, server.url("/"))); }),
            ErrorKind::network);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
}

TEST(CurlTransport, TellsABodyThatBrokeOff) {
  HttpServer server(
      [](const HttpRequest&) { return HttpReply{.body = std::string(100, 'x'), .cut_after = 40}; });
  const auto transport = make_curl_transport({});
  EXPECT_EQ(message_of([&] { static_cast<void>(fetch(*transport, server.url("/f?key=1"))); }),
            "stamp: error: cannot fetch '" + server.url("/f") +
                "?REDACTED': transfer closed with 60 bytes remaining to read\n");
}

TEST(CurlTransport, WhatTheSinkThrowsComesBack) {
  class FullSink final : public Sink {
    void write(Bytes) override { throw Error(ErrorKind::io, "cannot write 'x': disk full"); }
  };
  HttpServer server([](const HttpRequest&) { return HttpReply{.body = "x"}; });
  const auto transport = make_curl_transport({});
  FullSink sink;
  EXPECT_EQ(message_of([&] {
              static_cast<void>(transport->send({.url = server.url("/")},
                                                [&](const Response&) { return &sink; }));
            }),
            "stamp: error: cannot write 'x': disk full\n");
}

TEST(CurlTransport, RefusesFieldsThatContradict) {
  Response response = {.headers = {{"content-range", "a"}, {"content-range", "b"}, {"x", "1"}}};
  EXPECT_EQ(message_of([&] { static_cast<void>(response.header("content-range")); }),
            "stamp: error: cannot read the answer: two fields 'content-range' that differ\n");
  EXPECT_EQ(*response.header("x"), "1");
  EXPECT_EQ(response.header("y"), nullptr);
}

TEST(CurlTransport, SaysThatNobodyAnswers) {
  std::string url;
  {
    HttpServer server([](const HttpRequest&) { return HttpReply{}; });
    url = server.url("/");
  }
  const auto transport = make_curl_transport({});
  EXPECT_EQ(kind_of([&] { static_cast<void>(fetch(*transport, url)); }), ErrorKind::network);
}

}  // namespace
}  // namespace stamp::registry
