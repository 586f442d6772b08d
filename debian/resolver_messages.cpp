#include "debian/resolver_messages.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace stamp::debian {
namespace {

constexpr std::array<std::pair<ErrorKind, std::string_view>, 5> kKinds = {
    {{ErrorKind::invalid, "invalid"},
     {ErrorKind::corrupt, "corrupt"},
     {ErrorKind::io, "io"},
     {ErrorKind::unavailable, "unavailable"},
     {ErrorKind::internal, "internal"}}};

std::string_view name_of(ErrorKind kind) {
  for (const auto& [known, name] : kKinds) {
    if (known == kind) return name;
  }
  return "internal";
}

ErrorKind kind_of(std::string_view name) {
  for (const auto& [kind, known] : kKinds) {
    if (known == name) return kind;
  }
  return ErrorKind::internal;
}

}  // namespace

Json to_json(const ResolveRequest& request) {
  Json indexes = Json::array();
  for (const ResolveIndex& index : request.indexes) {
    indexes.push_back({{"source", index.source}, {"path", index.path.string()}});
  }
  Json keep = Json::array();
  for (const PackageVersion& version : request.keep) {
    keep.push_back({version.name, version.architecture, version.version});
  }
  return {{"ask", "resolve"},
          {"architecture", request.architecture},
          {"foreign_architectures", request.foreign_architectures},
          {"indexes", std::move(indexes)},
          {"install", request.install},
          {"essential", request.essential},
          {"recommends", request.recommends},
          {"keep", std::move(keep)}};
}

ResolveRequest request_from_json(const Json& document) {
  ResolveRequest request;
  request.architecture = document.at("architecture").get<std::string>();
  request.foreign_architectures =
      document.at("foreign_architectures").get<std::vector<std::string>>();
  for (const Json& index : document.at("indexes")) {
    request.indexes.push_back(
        {index.at("source").get<std::string>(), index.at("path").get<std::string>()});
  }
  request.install = document.at("install").get<std::vector<std::string>>();
  request.essential = document.at("essential").get<bool>();
  request.recommends = document.at("recommends").get<bool>();
  for (const Json& version : document.at("keep")) {
    request.keep.push_back({version.at(0).get<std::string>(), version.at(1).get<std::string>(),
                            version.at(2).get<std::string>()});
  }
  return request;
}

Json to_json(const Resolution& resolution) {
  Json packages = Json::array();
  for (const ResolvedPackage& package : resolution.packages) {
    packages.push_back({{"name", package.name},
                        {"version", package.version},
                        {"architecture", package.architecture},
                        {"filename", package.filename},
                        {"size", package.size},
                        {"sha256", package.digest.hex()},
                        {"source", package.source},
                        {"why", package.why}});
  }
  Json unknown = Json::array();
  for (const UnknownName& each : resolution.unknown) unknown.push_back({each.name, each.problem});
  Json changed = Json::array();
  for (const ChangedPackage& each : resolution.changed) {
    changed.push_back({each.name, each.architecture, each.installed, each.wanted, each.why});
  }
  return {{"changed", std::move(changed)},
          {"packages", std::move(packages)},
          {"unknown", std::move(unknown)}};
}

Resolution resolution_from_json(const Json& document) {
  Resolution resolution;
  for (const Json& package : document.at("packages")) {
    resolution.packages.push_back(
        {.name = package.at("name").get<std::string>(),
         .version = package.at("version").get<std::string>(),
         .architecture = package.at("architecture").get<std::string>(),
         .filename = package.at("filename").get<std::string>(),
         .size = package.at("size").get<std::uint64_t>(),
         .digest = Digest::parse_hex(package.at("sha256").get<std::string>()),
         .source = package.at("source").get<std::string>(),
         .why = package.at("why").get<std::string>()});
  }
  for (const Json& each : document.at("unknown")) {
    resolution.unknown.push_back({each.at(0).get<std::string>(), each.at(1).get<std::string>()});
  }
  for (const Json& each : document.at("changed")) {
    resolution.changed.push_back({each.at(0).get<std::string>(), each.at(1).get<std::string>(),
                                  each.at(2).get<std::string>(), each.at(3).get<std::string>(),
                                  each.at(4).get<std::string>()});
  }
  return resolution;
}

Json to_json(const Error& error) {
  Json during = Json::array();
  for (const std::string& doing : error.details().during) during.push_back(doing);
  return {{"kind", name_of(error.kind())},
          {"headline", error.headline()},
          {"input", error.details().input},
          {"hint", error.details().hint},
          {"during", std::move(during)}};
}

Error error_from_json(const Json& document) {
  return Error(kind_of(document.at("kind").get<std::string>()),
               document.at("headline").get<std::string>(),
               {.input = document.at("input").get<std::string>(),
                .hint = document.at("hint").get<std::string>(),
                .during = document.at("during").get<std::vector<std::string>>()});
}

}  // namespace stamp::debian
