// One API call at a time, for use before and after a scenario's load. Each call opens its own connection,
// since minutes may pass between calls and servers close idle connections.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/response_reader.hpp"
#include "common/http/message.hpp"

namespace stagedoor::load {

struct ApiResponse : http::Response {
    boost::json::value json() const;
};

class Api {
  public:
    explicit Api(boost::asio::ip::tcp::endpoint server) : server_(std::move(server)) {}

    // `cookie` is "name=value" or empty, `body` is JSON or empty. Throws if there is no response within 30 s.
    ApiResponse call(std::string_view method, std::string_view path, std::string_view cookie = {},
                     std::string_view body = {});

    // The same, but throws if the status is another one; the message quotes the response.
    ApiResponse expect(int status, std::string_view method, std::string_view path,
                       std::string_view cookie = {}, std::string_view body = {});

    // The same, but retries for up to 30 s: new data takes a while to reach every service.
    ApiResponse expect_soon(int status, std::string_view method, std::string_view path,
                            std::string_view cookie = {}, std::string_view body = {});

  private:
    boost::asio::ip::tcp::endpoint server_;
    boost::asio::io_context context_;
};

// The bytes of one request, for `call` and for the load of a scenario.
std::string request_bytes(std::string_view method, std::string_view path, std::string_view host,
                          std::string_view cookie, std::string_view more_fields, std::string_view body);

// Polls `condition` for up to `timeout`. Returns how long it took; nullopt if it never became true.
std::optional<std::chrono::milliseconds> wait_until(const std::function<bool()>& condition,
                                                    std::chrono::milliseconds timeout);

}  // namespace stagedoor::load
