// Talks to the server one call at a time: what a scenario needs before it starts and after it has ended. Each
// call has a connection of its own, as minutes may pass between two of them and servers close what is idle.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/answer_reader.hpp"

namespace stagedoor::load {

struct Reply {
    int status = 0;
    std::string head;
    std::string body;

    boost::json::value json() const;
};

class Api {
  public:
    explicit Api(boost::asio::ip::tcp::endpoint server) : server_(std::move(server)) {}

    // `cookie` is "name=value" or empty, `body` is JSON or empty. Throws when the answer does not come within
    // 30 s.
    Reply call(std::string_view method, std::string_view path, std::string_view cookie = {},
               std::string_view body = {});

    // The same, and throws what the server said when the status is another one.
    Reply expect(int status, std::string_view method, std::string_view path, std::string_view cookie = {},
                 std::string_view body = {});

    // The same, and asks again for up to 30 s: what is new takes a while to reach every service.
    Reply expect_soon(int status, std::string_view method, std::string_view path,
                      std::string_view cookie = {}, std::string_view body = {});

  private:
    boost::asio::ip::tcp::endpoint server_;
    boost::asio::io_context context_;
};

// One request as it goes over the wire, for `call` and for the traffic of a scenario; ends with the blank
// line and body.
std::string request_bytes(std::string_view method, std::string_view path, std::string_view host,
                          std::string_view cookie, std::string_view more_fields, std::string_view body);

// Asks again and again until `is_so`, at most for `limit`. How long that took; nothing when it never was.
std::optional<std::chrono::milliseconds> wait_until(const std::function<bool()>& is_so,
                                                    std::chrono::milliseconds limit);

}  // namespace stagedoor::load
