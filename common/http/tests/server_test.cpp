// The server over real sockets: responses, rejections, and when it closes connections.
#include "common/http/server/server.hpp"

#include <zlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <list>

#include "common/http/status.hpp"
#include "common/http/tests/running_server.hpp"
#include "common/runtime/async_event.hpp"

namespace stagedoor::http::test {
namespace {

Response text(std::string body) {
    Response response;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

std::string long_text() {
    std::string body;
    for (int line = 0; line < 200; ++line)
        body += fmt::format("line {} of a page that is worth compressing\n", line);
    return body;
}

Response special(const Request& request) {
    auto response = text("special");
    if (request.path == "/tagged") response.headers.add("ETag", "\"v1\"");
    if (request.path == "/no-store") response.headers.add("Cache-Control", "private, no-store");
    if (request.path == "/new-cookie") response.headers.add("Set-Cookie", "session=x");
    if (request.path == "/page") response.headers.add("Content-Security-Policy", "script-src 'self'");
    if (request.path == "/created") response.status = 201;
    if (request.path == "/empty") response = {.status = 204, .headers = {}, .body = {}};
    if (request.path == "/own-headers") {
        response.headers.add("Referrer-Policy", "no-referrer");
        response.headers.add("Content-Length", "99999");
        response.headers.add("Connection", "upgrade");
        response.headers.add("X-Note", "a\r\nX-Injected: yes");
    }
    return response;
}

// Responds by path, without waiting.
Task<Response> respond(Request& request) {
    const auto& path = request.path;
    if (path == "/echo") co_return text(request.body);
    if (path == "/long") co_return text(long_text());
    if (path == "/huge") co_return text(std::string(16 * 1024 * 1024, 'x'));
    if (path == "/picture") {
        auto response = text(long_text());
        response.headers.set("Content-Type", "image/png");
        co_return response;
    }
    if (path == "/left-over") {
        auto found = request.prefix + request.user_id;
        request.prefix = "/de";
        request.user_id = "user";
        co_return text(found);
    }
    if (path == "/who") co_return text(request.remote_address + (request.https ? " https" : " http"));
    if (path == "/trace") co_return text(request.traceparent);
    if (path == "/query") co_return text(request.query);
    if (path == "/host") co_return text(std::string{request.headers["Host"]});
    if (path == "/trailer") co_return text(std::string{request.headers["X-Late"]});
    if (path == "/missing") throw NotFound{"No such ticket"_text};
    if (path == "/busy") throw TooManyRequests{"Slower"_text, 1500ms};
    if (path == "/broken") throw std::runtime_error("the secret reason");
    if (path == "/method") co_return text(std::string{to_text(request.method)});
    if (path != "/") co_return special(request);
    co_return text("hello");
}

// Handlers wait here until the test opens it.
class Gate {
  public:
    explicit Gate(runtime::Clock& clock) : signal_(clock) {}
    Task<> pass() {
        arrived_.set_value();
        (void)co_await signal_.wait_for(20s);
    }
    void wait_for_arrival() { arrived_.get_future().wait(); }
    void open() { signal_.notify(); }

  private:
    runtime::AsyncEvent signal_;
    std::promise<void> arrived_;
};

// A server that responds like respond(), but whose "/wait" waits at the gate.
struct GatedServer {
    explicit GatedServer(ServerOptions options) : server(handler(), std::move(options)), gate(server.clock) {}

    // Returns when the request waits at the gate.
    void send_to_gate(RawClient& client) {
        client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
        gate.wait_for_arrival();
    }
    [[nodiscard]] Handler handler() {
        return [this](Request& request) -> Task<Response> {
            auto wait_then_respond = [](Gate& at, Request& asked) -> Task<Response> {
                co_await at.pass();
                co_return co_await respond(asked);
            };
            return request.path == "/wait" ? wait_then_respond(gate, request) : respond(request);
        };
    }

    RunningServer server;
    Gate gate;
};

// Handles one request at a time, and one waits at the gate.
struct BusyServer : GatedServer {
    explicit BusyServer(ServerOptions options = {}) : GatedServer(limited(std::move(options))) {
        send_to_gate(waiting);
    }
    void finish() {
        gate.open();
        EXPECT_EQ(waiting.read().status, 200);
    }

    RawClient waiting = server.client();

  private:
    static ServerOptions limited(ServerOptions options) {
        options.requests_limit = 1;
        return options;
    }
};

std::string gunzip(const std::string& compressed) {
    z_stream stream{};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string plain(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(compressed.size());
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    plain.resize(stream.total_out);
    inflateEnd(&stream);
    return plain;
}

void expect_problem(const Response& got, int status) {
    EXPECT_EQ(got.status, status);
    EXPECT_EQ(got.headers["Content-Type"], "application/problem+json");
    EXPECT_TRUE(got.body.starts_with("{\"type\":\"about:blank\",\"title\":")) << got.body;
    EXPECT_NE(got.body.find(fmt::format("\"status\":{},\"errors\":[{{\"message\":", status)),
              std::string::npos);
    EXPECT_FALSE(got.headers["X-Request-Id"].empty());
}

std::string post(std::string_view target, std::string_view headers, std::string_view body = "") {
    return fmt::format("POST {} HTTP/1.1\r\nHost: test\r\n{}\r\n{}", target, headers, body);
}

// Over TCP, and over TLS.
class Server : public ::testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        static const TestTls tls;
        if (GetParam()) RunningServer::tls = &tls;
    }
    void TearDown() override { RunningServer::tls = nullptr; }

    // What /who responds for a client of whom no proxy says which protocol it uses.
    static std::string on(const std::string& address) {
        return address + (RunningServer::tls ? " https" : " http");
    }
};

INSTANTIATE_TEST_SUITE_P(Tcp, Server, ::testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Tls, Server, ::testing::Values(true));

ServerOptions quick(std::chrono::milliseconds ServerOptions::* which) {
    ServerOptions options;
    options.*which = 40ms;
    return options;
}

TEST_P(Server, adds_the_headers_that_every_response_has) {
    RunningServer server{respond};
    auto client = server.client();
    auto got = client.get("/");

    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "hello");
    EXPECT_EQ(got.headers["Content-Length"], "5");
    EXPECT_EQ(got.headers["X-Content-Type-Options"], "nosniff");
    EXPECT_EQ(got.headers["Referrer-Policy"], "strict-origin-when-cross-origin");
    EXPECT_EQ(got.headers["X-Request-Id"].size(), 32u);
    EXPECT_TRUE(got.headers["Date"].ends_with(" GMT") && got.headers["Date"].size() == 29)
        << got.headers["Date"];
    EXPECT_FALSE(got.headers.has("Connection"));
    EXPECT_TRUE(server.reports("stagedoor_http_connections 1"));
    client.close();
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Server, lets_a_handler_set_headers_but_not_the_framing) {
    RunningServer server{respond};
    auto client = server.client();
    auto got = client.get("/own-headers");

    EXPECT_EQ(got.headers["Referrer-Policy"], "no-referrer");
    EXPECT_EQ(got.headers["Content-Length"], "7");
    EXPECT_FALSE(got.headers.has("Connection"));
    EXPECT_FALSE(got.headers.has("X-Injected"));
    EXPECT_EQ(got.headers["X-Note"], "a  X-Injected: yes");
    EXPECT_EQ(client.get("/empty").status, 204);
    EXPECT_EQ(client.get("/").body, "hello") << "on the same connection";
}

TEST_P(Server, keeps_nothing_of_a_request_for_the_next_one) {
    RunningServer server{respond};
    auto client = server.client();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/left-over").body, "") << i;
}

TEST_P(Server, responds_to_pipelined_requests_in_order) {
    RunningServer server{respond};
    auto client = server.client();
    std::string requests;
    for (int i = 0; i < 50; ++i) {
        requests += fmt::format("GET /query?{} HTTP/1.1\r\nHost: a\r\n\r\n", i);
        requests += post("/echo", "Content-Length: 2\r\n", "b" + std::to_string(i % 10));
    }
    client.send(requests);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(client.read().body, std::to_string(i));
        EXPECT_EQ(client.read().body, "b" + std::to_string(i % 10));
    }
}

TEST_P(Server, accepts_a_request_byte_by_byte) {
    RunningServer server{respond};
    auto client = server.client();
    for (auto byte : post("/echo", "Content-Length: 3\r\n", "abc")) client.send({&byte, 1});
    EXPECT_EQ(client.read().body, "abc");
    for (auto byte : post("/echo", "Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\n"))
        client.send({&byte, 1});
    EXPECT_EQ(client.read().body, "ab");
}

TEST_P(Server, sends_the_length_but_no_body_for_head) {
    RunningServer server{respond};
    auto client = server.client();
    client.send("HEAD /long HTTP/1.1\r\nHost: a\r\n\r\n");
    auto got = client.read(false);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.headers["Content-Length"], std::to_string(long_text().size()));
    EXPECT_EQ(client.get("/").body, "hello");
}

TEST_P(Server, passes_other_methods_to_the_handler) {
    RunningServer server{respond};
    auto client = server.client();
    EXPECT_EQ(client.exchange("OPTIONS /method HTTP/1.1\r\nHost: a\r\n\r\n").body, "OPTIONS");
    EXPECT_EQ(client.exchange("TRACE /method HTTP/1.1\r\nHost: a\r\n\r\n").body, "OTHER");
    EXPECT_EQ(client.exchange("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n").status, 200)
        << "the handler's response to \"/\"";
    EXPECT_EQ(client.exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

TEST_P(Server, supports_http_1_0) {
    RunningServer server{respond};
    auto once = server.client();
    auto got = once.exchange("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(got.body, "hello");
    EXPECT_EQ(got.headers["Connection"], "close");
    EXPECT_TRUE(once.at_end());

    auto kept = server.client();
    EXPECT_EQ(kept.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").headers["Connection"],
              "keep-alive");
    EXPECT_EQ(kept.get("/").body, "hello");
}

TEST_P(Server, closes_the_connection_on_request) {
    RunningServer server{respond};
    auto client = server.client();
    EXPECT_EQ(client.get("/", "Connection: close\r\n").headers["Connection"], "close");
    EXPECT_TRUE(client.at_end());
}

TEST_P(Server, responds_to_a_client_that_has_finished_sending) {
    RunningServer server{respond};
    auto client = server.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.finish_sending();
    EXPECT_EQ(client.read().body, "hello");
    EXPECT_TRUE(client.at_end());
}

TEST_P(Server, accepts_absolute_targets) {
    RunningServer server{respond};
    auto client = server.client();
    EXPECT_EQ(client.exchange("GET http://shop.example:81/host?x HTTP/1.1\r\nHost: b\r\n\r\n").body,
              "shop.example:81");
}

TEST_P(Server, accepts_chunked_bodies_and_ignores_trailers) {
    RunningServer server{respond};
    auto client = server.client();
    auto chunked = "Transfer-Encoding: Chunked\r\n";
    EXPECT_EQ(client.exchange(post("/echo", chunked, "3\r\nabc\r\n4;ext=\"1\"\r\ndefg\r\n0\r\n\r\n")).body,
              "abcdefg");
    EXPECT_EQ(client.exchange(post("/trailer", chunked, "1\r\na\r\n0\r\nX-Late: 1\r\n\r\n")).body, "");
    EXPECT_EQ(client.get("/").body, "hello");
    expect_problem(client.exchange(post("/echo", chunked, "zz\r\n\r\n")), 400);
}

TEST_P(Server, sends_100_continue_only_for_an_acceptable_body) {
    RunningServer server{respond};
    auto client = server.client();
    client.send(post("/echo", "Content-Length: 3\r\nExpect: 100-Continue\r\n"));
    EXPECT_EQ(client.read().status, 100);
    EXPECT_EQ(client.exchange("abc").body, "abc");

    auto other = server.client();
    expect_problem(other.exchange(post("/echo", "Content-Length: 999999\r\nExpect: 100-continue\r\n")), 413);
    auto third = server.client();
    expect_problem(third.exchange(post("/echo", "Content-Length: 3\r\nExpect: miracles\r\n")), 417);
}

TEST_P(Server, rejects_a_body_over_the_limit_before_reading_it) {
    ServerOptions options;
    options.body_limit = 100;
    RunningServer server{respond, options};
    auto fits = server.client();
    EXPECT_EQ(fits.exchange(post("/echo", "Content-Length: 100\r\n", std::string(100, 'x'))).status, 200);
    auto client = server.client();
    expect_problem(client.exchange(post("/echo", "Content-Length: 101\r\n")), 413);
    EXPECT_TRUE(client.at_end());
    auto chunked = server.client();
    auto chunk = "32\r\n" + std::string(50, 'x') + "\r\n";
    expect_problem(chunked.exchange(post("/echo", "Transfer-Encoding: chunked\r\n", chunk + chunk + chunk)),
                   413);
    EXPECT_TRUE(server.rejected("body_limit", 2));
}

TEST_P(Server, has_a_higher_limit_for_bodies_of_some_requests) {
    ServerOptions options;
    options.body_limit = 100;
    options.higher_body_limit = [](const Request& head) {
        return head.headers["X-Who"] == "me" && head.path == "/echo" ? std::optional<std::size_t>{1000}
                                                                     : std::nullopt;
    };
    RunningServer server{respond, options};
    auto me = std::string{"X-Who: me\r\n"};
    for (auto size : {101, 1000}) {
        auto client = server.client();
        auto body = std::string(static_cast<std::size_t>(size), 'x');
        auto length = "Content-Length: " + std::to_string(size) + "\r\n";
        EXPECT_EQ(client.exchange(post("/echo", me + length, body)).body, body);
        EXPECT_EQ(client.get("/").body, "hello") << "the connection goes on";
        expect_problem(client.exchange(post("/echo", length)), 413);
    }
    auto chunk = "c8\r\n" + std::string(200, 'x') + "\r\n";
    auto chunked = server.client();
    EXPECT_EQ(
        chunked.exchange(post("/echo", me + "Transfer-Encoding: chunked\r\n", chunk + chunk + "0\r\n\r\n"))
            .body,
        std::string(400, 'x'));
    auto too_large = server.client();
    expect_problem(too_large.exchange(post("/echo", me + "Content-Length: 1001\r\n")), 413);
    auto too_long = server.client();
    expect_problem(too_long.exchange(post("/echo", me + "Transfer-Encoding: chunked\r\n",
                                          chunk + chunk + chunk + chunk + chunk + chunk)),
                   413);
}

TEST_P(Server, has_few_large_bodies_at_a_time) {
    ServerOptions options;
    options.body_limit = 100;
    options.large_bodies_limit = 1;
    options.higher_body_limit = [](const Request&) { return std::optional<std::size_t>{1000}; };
    RunningServer server{respond, options};
    auto first = server.client();
    first.send(post("/echo", "Content-Length: 200\r\nExpect: 100-continue\r\n"));
    EXPECT_EQ(first.read().status, 100);  // it has the place now

    auto second = server.client();
    auto rejected = second.exchange(post("/echo", "Content-Length: 200\r\n"));
    expect_problem(rejected, 503);
    EXPECT_EQ(rejected.headers["Retry-After"], "1");
    auto small = server.client();
    EXPECT_EQ(small.exchange(post("/echo", "Content-Length: 3\r\n", "abc")).body, "abc");

    EXPECT_EQ(first.exchange(std::string(200, 'x')).status, 200);
    auto third = server.client();
    EXPECT_EQ(third.exchange(post("/echo", "Content-Length: 200\r\n", std::string(200, 'x'))).status, 200);
}

TEST_P(Server, leaves_places_for_large_bodies_to_other_networks) {
    ServerOptions options;
    options.body_limit = 100;
    options.large_bodies_limit = 3;
    options.large_bodies_of_network_limit = 1;
    options.trusted_hops = 1;
    options.higher_body_limit = [](const Request&) { return std::optional<std::size_t>{1000}; };
    RunningServer server{respond, options};
    auto from = [](const std::string& address) {
        return "X-Forwarded-For: " + address + "\r\nContent-Length: 200\r\n";
    };
    auto first = server.client();
    first.send(post("/echo", from("2001:db8::1") + "Expect: 100-continue\r\n"));
    EXPECT_EQ(first.read().status, 100);

    auto neighbour = server.client();
    auto rejected = neighbour.exchange(post("/echo", from("2001:db8::2")));
    expect_problem(rejected, 503);
    EXPECT_EQ(rejected.headers["Retry-After"], "1");
    EXPECT_NE(rejected.body.find("from your network"), std::string::npos);
    auto stranger = server.client();
    auto body = std::string(200, 'x');
    EXPECT_EQ(stranger.exchange(post("/echo", from("2001:db8:0:1::1"), body)).status, 200);

    EXPECT_EQ(first.exchange(body).status, 200);
    auto again = server.client();
    EXPECT_EQ(again.exchange(post("/echo", from("2001:db8::2"), body)).status, 200);
    auto left = server.client();
    left.send(post("/echo", from("2001:db8::3") + "Expect: 100-continue\r\n"));
    EXPECT_EQ(left.read().status, 100);
    left.close();
    auto status = 503;
    for (auto until = std::chrono::steady_clock::now() + 10s;
         status == 503 && std::chrono::steady_clock::now() < until;) {
        auto next = server.client();
        status = next.exchange(post("/echo", from("2001:db8::4"), body)).status;
    }
    EXPECT_EQ(status, 200) << "the place of a client that has left";
}

TEST_P(Server, shows_a_page_when_it_rejects_a_body) {
    ServerOptions options;
    options.body_limit = 100;
    options.large_bodies_limit = 0;
    options.higher_body_limit = [](const Request& head) {
        return head.path == "/upload" ? std::optional<std::size_t>{1000} : std::nullopt;
    };
    options.rejected_body = [](Request& head, ApiError why) -> Task<Response> {
        EXPECT_EQ(head.body, "");
        EXPECT_NE(head.request_id, "");
        EXPECT_NE(head.remote_address, "");
        if (head.headers["Accept"] != "text/html") throw why;
        Response page{.status = status_of(why.kind()), .headers = {}, .body = "a page"};
        page.headers.set("Content-Type", "text/html");
        co_return page;
    };
    RunningServer server{respond, options};
    for (auto [path, status] : {std::pair{"/echo", 413}, {"/upload", 503}}) {
        auto visitor = server.client();
        auto page = visitor.exchange(post(path, "Accept: text/html\r\nContent-Length: 200\r\n"));
        EXPECT_EQ(page.status, status);
        EXPECT_EQ(page.body, "a page");
        EXPECT_EQ(page.headers["Content-Type"], "text/html");
        EXPECT_EQ(page.headers["Connection"], "close");
        auto program = server.client();
        expect_problem(program.exchange(post(path, "Content-Length: 200\r\n")), status);
    }
    auto chunk = "32\r\n" + std::string(50, 'x') + "\r\n";
    auto chunked = server.client();
    EXPECT_EQ(chunked
                  .exchange(post("/echo", "Accept: text/html\r\nTransfer-Encoding: chunked\r\n",
                                 chunk + chunk + chunk))
                  .body,
              "a page");
}

TEST_P(Server, rejects_a_head_over_the_limit) {
    ServerOptions options;
    options.header_limit = 1024;
    RunningServer server{respond, options};
    auto at_once = server.client();
    auto got = at_once.get("/", "X-Long: " + std::string(1024, 'x') + "\r\n");
    expect_problem(got, 431);
    EXPECT_EQ(got.headers["Connection"], "close");
    EXPECT_TRUE(at_once.at_end());

    auto line_by_line = server.client();
    line_by_line.send("GET / HTTP/1.1\r\n");
    for (int line = 0; line < 11; ++line) line_by_line.send("X-Line: " + std::string(90, 'x') + "\r\n");
    expect_problem(line_by_line.read(), 431);
    auto unended = server.client();
    expect_problem(unended.exchange(std::string(1100, 'G')), 431);
    EXPECT_TRUE(server.rejected("header_limit", 3));
}

TEST_P(Server, rejects_too_many_fields_and_endless_chunk_extensions) {
    RunningServer server{respond};
    std::string fields;
    for (int i = 0; i < 200; ++i) fields += "a:\r\n";
    auto client = server.client();
    expect_problem(client.get("/", fields), 431);
    auto other = server.client();
    expect_problem(
        other.exchange(post("/", "Transfer-Encoding: chunked\r\n", "1;" + std::string(17'000, 'x'))), 431);
}

TEST_P(Server, rejects_request_smuggling) {
    RunningServer server{respond};
    for (auto headers :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
          "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
          "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n",
          "Content-Length: -1\r\n", "Content-Length: 0x5\r\n", "Content-Length:\r\n",
          "Content-Length: 99999999999999999999\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "Content-Length : 5\r\n",
          "Transfer-Encoding\x0b: chunked\r\n", " Content-Length: 5\r\n", "X: a\nContent-Length: 5\r\n",
          "Host: second\r\n", "Bad Name: 1\r\n",
          // Obsolete line folding: another reader may not see the second line.
          "Transfer-Encoding:\r\n chunked\r\n", "Transfer-Encoding: chunked\r\n \r\n",
          "Transfer-Encoding: chunked\r\n\t\r\n", "Content-Length:\r\n 5\r\n", "X: a\r\n b\r\n",
          "X: a\r\n\tContent-Length: 5\r\n", "X:\r\n Transfer-Encoding: chunked\r\n",
          "Transfer-Encoding: , chunked\r\n", "Transfer-Encoding: chunked,\r\n",
          "Transfer-Encoding: chunked, \r\n", "Transfer-Encoding: chunked ; x\r\n",
          "Transfer-Encoding: (comment) chunked\r\n"}) {
        auto client = server.client();
        auto got = client.exchange(post("/echo", headers, "0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        EXPECT_EQ(got.status, 400) << headers;
        EXPECT_TRUE(client.at_end()) << headers;
    }
    auto old = server.client();
    expect_problem(old.exchange("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

// RFC 9112, 6.1 and 6.3: without chunked as the last coding, the body has no end.
TEST_P(Server, rejects_unknown_transfer_codings) {
    RunningServer server{respond};
    auto status = [&](std::string_view coding) {
        auto client = server.client();
        auto got =
            client.exchange(post("/echo", fmt::format("Transfer-Encoding: {}\r\n", coding), "0\r\n\r\n"));
        expect_problem(got, got.status);
        EXPECT_TRUE(client.at_end()) << coding;
        return got.status;
    };
    for (auto coding : {"gzip", "identity", "chunked, gzip", "chunked, identity", "chunked, chunked",
                        "xchunked", "chunked;q=1", "\"chunked\"", ","})
        EXPECT_EQ(status(coding), 400) << coding;
    for (auto coding : {"gzip, chunked", "identity, chunked", "x;a=\"b, c\", chunked"})
        EXPECT_EQ(status(coding), 501) << coding;
}

TEST_P(Server, treats_later_minor_versions_as_http_1_1) {
    RunningServer server{respond};
    auto client = server.client();
    for (auto version : {"1.2", "1.9"}) {
        auto request = fmt::format("GET /query?{} HTTP/{}\r\nHost: a\r\n\r\n", version, version);
        EXPECT_EQ(client.exchange(request).body, version);
        for (auto byte : request) client.send({&byte, 1});
        auto got = client.read();
        EXPECT_EQ(got.body, version) << "byte by byte, on a connection that is kept";
    }
}

// No id has such a path.
TEST_P(Server, responds_404_to_a_path_with_an_unreadable_escape) {
    RunningServer server{respond};
    for (auto path :
         {"/%zz", "/api/orders/%", "/api/orders/%4", "/a%00", "/a%2Fb", "/a%2fb?c", "/%0d%0aX:1", "/a%7F"}) {
        auto client = server.client();
        expect_problem(client.get(path), 404);
    }
}

TEST_P(Server, rejects_malformed_http) {
    RunningServer server{respond};
    using namespace std::string_view_literals;
    for (auto bytes : {"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"sv,
                       "hello\r\n\r\n"sv,
                       "GET /\r\n\r\n"sv,
                       "GET / HTTP/2.0\r\n\r\n"sv,
                       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"sv,
                       "\0\0\0\0\r\n\r\n"sv,
                       "GET / HTTP/1.1\r\n\r\n"sv,
                       "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"sv,
                       "GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n"sv,
                       "GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n"sv,
                       "GET / \r\n\r\n"sv,
                       "GET / \r\n"sv,
                       "GET /\r\n"sv,
                       "GET \r\n"sv,
                       "\n"sv,
                       "GET / HTTP/1.1\n"sv,
                       "GET / HTTP/1.x\r\n"sv,
                       "GET / HTTP/1.10\r\n"sv,
                       "GET / http/1.1\r\n"sv,
                       "GET / HTTP/1.1 \r\n"sv,
                       "GET a HTTP/1.1\r\nHost: a\r\n\r\n"sv,
                       "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"sv,
                       "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"sv}) {
        auto client = server.client();
        expect_problem(client.exchange(bytes), 400);
        EXPECT_TRUE(client.at_end()) << bytes;
    }
    EXPECT_TRUE(server.rejected("malformed", 23));
}

TEST_P(Server, survives_clients_that_disconnect_midway) {
    RunningServer server{respond};
    for (auto bytes :
         {"", "GET", "GET / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"}) {
        auto client = server.client();
        client.send(bytes);
        client.finish_sending();
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
    EXPECT_EQ(server.client().get("/").body, "hello");
}

TEST_P(Server, times_out_waiting_for_a_head) {
    RunningServer server{respond, quick(&ServerOptions::header_timeout)};
    auto client = server.client();
    auto got = client.exchange("GET / HTTP/1.1\r\nHo");
    expect_problem(got, 408);
    EXPECT_EQ(got.headers["Connection"], "close");
    EXPECT_TRUE(client.at_end());
    EXPECT_TRUE(server.rejected("header_timeout"));
}

TEST_P(Server, times_out_waiting_for_a_body) {
    RunningServer server{respond, quick(&ServerOptions::body_timeout)};
    auto client = server.client();
    expect_problem(client.exchange(post("/echo", "Content-Length: 5\r\n", "abc")), 408);
    EXPECT_TRUE(client.at_end());
    auto chunked = server.client();
    expect_problem(chunked.exchange(post("/echo", "Transfer-Encoding: chunked\r\n", "5\r\nabc")), 408);
    EXPECT_TRUE(server.rejected("body_timeout", 2));
}

TEST_P(Server, times_out_waiting_for_the_next_request) {
    RunningServer server{respond, quick(&ServerOptions::idle_timeout)};
    auto fresh = server.client();
    EXPECT_TRUE(fresh.at_end()) << "closed without a response";
    auto client = server.client();
    EXPECT_EQ(client.get("/").status, 200);
    EXPECT_TRUE(client.at_end());
}

TEST_P(Server, times_out_when_the_client_does_not_read) {
    RunningServer server{respond, quick(&ServerOptions::write_timeout)};
    auto client = server.client(4096);
    client.send("GET /huge HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(server.rejected("write_timeout"));
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Server, sends_large_bodies_completely) {
    RunningServer server{respond};
    auto client = server.client();
    EXPECT_EQ(client.get("/huge").body.size(), 16u * 1024 * 1024);
    EXPECT_EQ(client.get("/").body, "hello");
}

TEST_P(Server, times_out_waiting_for_a_handler) {
    auto options = quick(&ServerOptions::handler_timeout);
    options.requests_limit = 1;
    GatedServer gated{options};
    auto& [server, gate] = gated;
    auto client = server.client();
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    auto got = client.read();
    expect_problem(got, 503);
    EXPECT_EQ(got.headers["Retry-After"], "1");
    EXPECT_TRUE(client.at_end());
    EXPECT_TRUE(server.rejected("handler_timeout"));

    expect_problem(server.client().get("/"), 503);  // the first one still counts as in progress
    gate.open();
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
    EXPECT_EQ(server.client().get("/").status, 200);
}

TEST_P(Server, rejects_connections_over_the_limit_at_once) {
    ServerOptions options;
    options.connection_limit = 2;
    RunningServer server{respond, options};
    auto first = server.client();
    auto second = server.client();
    EXPECT_EQ(first.get("/").status, 200);
    EXPECT_EQ(second.get("/").status, 200);
    auto third = server.client();
    auto got = third.read();
    expect_problem(got, 503);
    EXPECT_EQ(got.headers["Retry-After"], "1");
    EXPECT_TRUE(third.at_end());
    EXPECT_TRUE(server.rejected("connections"));

    first.close();
    EXPECT_TRUE(server.reports("stagedoor_http_connections 1"));
    EXPECT_EQ(server.client().get("/").status, 200);
}

TEST_P(Server, rejects_requests_over_the_limit_and_keeps_the_connection) {
    BusyServer busy;
    auto& server = busy.server;
    auto client = server.client();
    auto got = client.get("/");
    expect_problem(got, 503);
    EXPECT_EQ(got.headers["Retry-After"], "1");
    busy.finish();
    EXPECT_EQ(client.get("/").status, 200);
    EXPECT_TRUE(server.rejected("requests"));
}

TEST_P(Server, leaves_the_next_request_of_a_rejected_client_unread_until_it_may_retry) {
    BusyServer busy;
    auto& server = busy.server;
    auto rejected = server.client();
    rejected.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_problem(rejected.read(), 503);
    auto rejected_at = std::chrono::steady_clock::now();
    busy.finish();
    EXPECT_EQ(server.client().get("/").status, 200) << "another client is served";
    EXPECT_EQ(rejected.read().status, 200);
    EXPECT_GE(std::chrono::steady_clock::now() - rejected_at, std::chrono::milliseconds{990});
}

TEST_P(Server, notices_that_a_rejected_client_leaves_before_it_may_retry) {
    BusyServer busy;
    auto& server = busy.server;
    {
        auto rejected = server.client();
        expect_problem(rejected.get("/"), 503);
        EXPECT_TRUE(server.reports("stagedoor_http_connections 2"));
    }
    auto left_at = std::chrono::steady_clock::now();
    EXPECT_TRUE(server.reports("stagedoor_http_connections 1"));
    EXPECT_LT(std::chrono::steady_clock::now() - left_at, std::chrono::milliseconds{900});
    busy.finish();
}

TEST_P(Server, converts_exceptions_to_the_one_error_shape) {
    RunningServer server{respond};
    auto client = server.client();
    auto missing = client.get("/missing");
    expect_problem(missing, 404);
    EXPECT_NE(missing.body.find("No such ticket"), std::string::npos);
    auto busy = client.get("/busy");
    expect_problem(busy, 429);
    EXPECT_EQ(busy.headers["Retry-After"], "2");
    auto broken = client.get("/broken");
    expect_problem(broken, 500);
    EXPECT_NE(broken.body.find("Something went wrong"), std::string::npos);
    EXPECT_EQ(broken.body.find("secret"), std::string::npos);
    EXPECT_EQ(client.get("/").status, 200) << "on the same connection";
}

TEST_P(Server, adopts_only_acceptable_request_ids) {
    RunningServer server{respond};
    auto client = server.client();
    EXPECT_EQ(client.get("/", "X-Request-Id: my-id_1.2\r\n").headers["X-Request-Id"], "my-id_1.2");
    auto longest = std::string(64, 'a');
    EXPECT_EQ(client.get("/", "X-Request-Id: " + longest + "\r\n").headers["X-Request-Id"], longest);
    for (const auto& bad : {longest + "a", std::string{"a b"}, std::string{"<a>"}, std::string{}}) {
        EXPECT_EQ(client.get("/", "X-Request-Id: " + bad + "\r\n").headers["X-Request-Id"].size(), 32u)
            << bad;
    }
    EXPECT_NE(client.get("/").headers["X-Request-Id"], client.get("/").headers["X-Request-Id"]);
}

TEST_P(Server, continues_a_trace_with_its_own_span) {
    RunningServer server{respond};
    auto client = server.client();
    std::string trace = "0af7651916cd43dd8448eb211c80319c", span = "b7ad6b7169203331";
    auto ask = [&](const std::string& parent) {
        return client.get("/trace", "traceparent: " + parent + "\r\n").body;
    };

    auto own = ask("00-" + trace + "-" + span + "-01");
    ASSERT_EQ(own.size(), 55u);
    EXPECT_EQ(own.substr(0, 36), "00-" + trace + "-");
    EXPECT_NE(own.substr(36, 16), span);
    EXPECT_EQ(own.substr(52), "-01");
    EXPECT_TRUE(ask("00-" + trace + "-" + span + "-00").ends_with("-00"));
    EXPECT_EQ(ask("cc-" + trace + "-" + span + "-01-later").substr(3, 32), trace) << "a later version";

    for (const auto& bad : {"00-" + trace + "-" + span + "-01-more", "ff-" + trace + "-" + span + "-01",
                            "00-" + trace + "-" + span, "00-" + std::string(32, '0') + "-" + span + "-01",
                            "00-" + trace + "-" + std::string(16, '0') + "-01",
                            "00-0AF7651916cd43dd8448eb211c80319c-" + span + "-01", std::string{"nonsense"}}) {
        auto fresh = ask(bad);
        ASSERT_EQ(fresh.size(), 55u);
        EXPECT_NE(fresh.substr(3, 32), trace) << bad;
    }
}

TEST_P(Server, trusts_forwarded_headers_of_trusted_proxies_only) {
    auto forwarded = "X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nX-Forwarded-Proto: https\r\n";
    RunningServer direct{respond};
    EXPECT_EQ(direct.client().get("/who", forwarded).body, on("127.0.0.1"));
}

TEST_P(Server, finds_the_client_behind_trusted_proxies) {
    ServerOptions options;
    options.trusted_proxies = {"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"};
    RunningServer server{respond, options};
    auto client = server.client();
    auto who = [&](const std::string& headers) { return client.get("/who", headers).body; };

    EXPECT_EQ(who("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"), "203.0.113.9 https");
    for (const auto* protocol : {"HTTPS", "http,https", "http, HTTPS", "http\r\nX-Forwarded-Proto: https"}) {
        auto headers = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: " + std::string{protocol} + "\r\n";
        EXPECT_EQ(who(headers), "203.0.113.9 https") << protocol;
    }
    EXPECT_EQ(who("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https,http\r\n"), "203.0.113.9 http");
    EXPECT_EQ(who("X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.255\r\n"), on("203.0.113.9"))
        << "the rightmost";
    EXPECT_EQ(who("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9:4711\r\n"), on("203.0.113.9"));
    EXPECT_EQ(who("X-Forwarded-For: [2001:db9::1]:80, 2001:db8::5\r\n"), on("2001:db9::1"));
    EXPECT_EQ(who("X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n"), on("10.0.0.1")) << "all are proxies";
    EXPECT_EQ(who("X-Forwarded-For: 6.6.6.6, rubbish, 10.0.0.2\r\n"), on("10.0.0.2"))
        << "the last trustworthy address";
    EXPECT_EQ(who(""), on("127.0.0.1"));
}

TEST_P(Server, finds_the_client_behind_a_number_of_proxies) {
    auto who = [](std::size_t hops, const std::string& forwarded) {
        ServerOptions options;
        options.trusted_hops = hops;
        RunningServer server{respond, options};
        return server.client().get("/who", forwarded).body;
    };
    // A visitor invents addresses, private ones too, but each proxy appends the one it sees.
    const std::string spoofed = "X-Forwarded-For: 10.0.0.1, 6.6.6.6, 203.0.113.9, 10.0.0.2\r\n";
    EXPECT_EQ(who(0, spoofed), on("127.0.0.1"));
    EXPECT_EQ(who(1, spoofed), on("10.0.0.2"));
    EXPECT_EQ(who(2, spoofed), on("203.0.113.9"));
    EXPECT_EQ(who(1, "X-Forwarded-For: 2001:db8::1\r\nX-Forwarded-Proto: https\r\n"), "2001:db8::1 https");
    EXPECT_EQ(who(2, "X-Forwarded-For: 203.0.113.9\r\n"), on("203.0.113.9")) << "from another service";
    EXPECT_EQ(who(1, "X-Forwarded-For: rubbish\r\n"), on("127.0.0.1"));
    EXPECT_EQ(who(1, ""), on("127.0.0.1"));
}

TEST_P(Server, limits_the_connections_of_one_client_but_not_of_a_proxy) {
    ServerOptions options;
    options.connections_of_client_limit = 3;
    {
        RunningServer server{respond, options};
        std::list<RawClient> clients;
        for (int i = 0; i < 3; ++i) {
            clients.emplace_back(server.port(), std::nullopt, server.client_tls());
            EXPECT_EQ(clients.back().get("/").status, 200);
        }
        auto rejected = server.client().read();
        expect_problem(rejected, 503);
        EXPECT_EQ(rejected.headers["Retry-After"], "1");
        EXPECT_TRUE(server.reports("stagedoor_http_connections 3"));
        clients.pop_back();
        EXPECT_TRUE(server.reports("stagedoor_http_connections 2"));
        EXPECT_EQ(server.client().get("/").status, 200) << "there is room again";
    }
    options.trusted_proxies = {"127.0.0.1"};
    RunningServer server{respond, options};
    std::list<RawClient> clients;
    for (int i = 0; i < 5; ++i) {
        clients.emplace_back(server.port(), std::nullopt, server.client_tls());
        EXPECT_EQ(clients.back().get("/").status, 200);
    }
}

TEST_P(Server, adds_security_headers_to_whatever_it_sends) {
    auto expect_strict = [](const Response& response, const std::string& what) {
        EXPECT_EQ(response.headers["X-Content-Type-Options"], "nosniff") << what;
        EXPECT_EQ(response.headers["Referrer-Policy"], "strict-origin-when-cross-origin") << what;
        EXPECT_EQ(response.headers["Content-Security-Policy"],
                  "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
                  "frame-ancestors 'none'")
            << what;
        EXPECT_EQ(response.headers["Cross-Origin-Opener-Policy"], "same-origin") << what;
        EXPECT_EQ(response.headers["Cross-Origin-Resource-Policy"], "same-origin") << what;
    };
    for (auto https : {true, false}) {
        ServerOptions options;
        options.https = https;
        RunningServer server{respond, options};
        for (auto path : {"/", "/picture", "/created", "/empty", "/missing", "/busy", "/broken"})
            expect_strict(server.client().get(path), path);
        expect_strict(server.client().exchange("nonsense\r\n\r\n"), "a request that can't be read");
        expect_strict(server.client().get("/../"), "a malformed path");
        EXPECT_EQ(server.client().get("/page").headers["Content-Security-Policy"], "script-src 'self'");
        for (auto path : {"/", "/missing"}) {
            EXPECT_EQ(server.client().get(path).headers["Strict-Transport-Security"],
                      https ? "max-age=31536000; includeSubDomains" : "");
        }
    }
}

TEST_P(Server, responds_304_if_the_client_has_the_content) {
    RunningServer server{respond};
    auto client = server.client();
    auto first = client.get("/");
    std::string tag{first.headers["ETag"]};
    ASSERT_EQ(tag.size(), 34u);
    EXPECT_EQ(client.get("/").headers["ETag"], tag);
    EXPECT_NE(client.get("/query?other").headers["ETag"], tag);

    for (const auto& known : {tag, "W/" + tag, "\"other, one\", " + tag, std::string{"*"}}) {
        auto got = client.get("/", "If-None-Match: " + known + "\r\n");
        EXPECT_EQ(got.status, 304) << known;
        EXPECT_EQ(got.body, "");
        EXPECT_EQ(got.headers["ETag"], tag);
        EXPECT_FALSE(got.headers.has("Content-Type") || got.headers.has("Content-Length"));
    }
    EXPECT_EQ(client.get("/", "If-None-Match: \"other\", rubbish\r\n").status, 200);
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\nIf-None-Match: " + tag + "\r\n\r\n");
    EXPECT_EQ(client.read(false).status, 304);
}

TEST_P(Server, responds_412_if_the_content_is_not_what_the_client_expects) {
    RunningServer server{respond};
    auto client = server.client();
    auto status = [&](std::string_view target, std::string headers) {
        return client.get(target, headers + "\r\n").status;
    };
    std::string tag{client.get("/").headers["ETag"]};
    for (const auto& fits : {"If-Match: " + tag, std::string{"If-Match: *"}, "If-Match: \"x\", " + tag,
                             "If-Match: \"x\"\r\nIf-Match: " + tag})
        EXPECT_EQ(status("/", fits), 200) << fits;
    for (const auto& fails : {std::string{"If-Match: \"x\""}, "If-Match: W/" + tag,
                              std::string{"If-Match: x"}, "If-Match: \"x\"\r\nIf-None-Match: " + tag}) {
        auto got = client.get("/", fails + "\r\n");
        expect_problem(got, 412);
    }
    EXPECT_EQ(status("/", "If-Match: *\r\nIf-None-Match: " + tag), 304);
    EXPECT_EQ(status("/", "If-None-Match: *"), 304);
    EXPECT_EQ(status("/no-store", "If-Match: \"x\""), 412);
    EXPECT_EQ(status("/missing", "If-Match: \"x\""), 404) << "preconditions are for successful requests";
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n");
    EXPECT_EQ(client.read(false).status, 412);
    EXPECT_EQ(status("/long", "Accept-Encoding: gzip\r\nIf-Match: " +
                                  std::string{client.get("/long").headers["ETag"]}),
              200)
        << "the same content, compressed";
}

TEST_P(Server, adds_etags_only_to_content_that_may_be_kept) {
    RunningServer server{respond};
    auto client = server.client();
    EXPECT_TRUE(client.get("/no-store").headers.has("ETag")) << "by a client, if not by a cache";
    EXPECT_FALSE(client.get("/new-cookie").headers.has("ETag"));
    EXPECT_FALSE(client.get("/created").headers.has("ETag"));
    EXPECT_FALSE(client.get("/missing").headers.has("ETag"));
    EXPECT_FALSE(client.exchange(post("/", "Content-Length: 0\r\nIf-None-Match: *\r\n")).headers.has("ETag"));
    EXPECT_EQ(client.get("/tagged").headers["ETag"], "\"v1\"") << "the handler's own";
    EXPECT_EQ(client.get("/tagged", "If-None-Match: \"v1\"\r\n").status, 304);
    EXPECT_EQ(client.get("/new-cookie", "If-None-Match: *\r\n").status, 200);
}

TEST_P(Server, compresses_if_the_client_accepts_it) {
    RunningServer server{respond};
    auto client = server.client();
    auto plain = client.get("/long");
    EXPECT_EQ(plain.body, long_text());
    EXPECT_EQ(plain.headers["Vary"], "Accept-Encoding");
    EXPECT_FALSE(plain.headers.has("Content-Encoding"));

    for (auto accepted : {"gzip", "deflate, GZIP;q=0.8, br", "*", "identity;q=0.5, *;q=0.7"}) {
        auto got = client.get("/long", fmt::format("Accept-Encoding: {}\r\n", accepted));
        EXPECT_EQ(got.headers["Content-Encoding"], "gzip") << accepted;
        EXPECT_EQ(got.headers["Vary"], "Accept-Encoding");
        EXPECT_EQ(gunzip(got.body), long_text());
        EXPECT_LT(got.body.size(), plain.body.size() / 4);
        EXPECT_EQ(got.headers["ETag"], "W/" + std::string{plain.headers["ETag"]});
    }
    for (auto rejected : {"gzip;q=0", "br", "identity, gzip;q=0.5", "*, gzip;q=0", "gzip;q=x", ""}) {
        auto got = client.get("/long", fmt::format("Accept-Encoding: {}\r\n", rejected));
        EXPECT_EQ(got.body, long_text()) << rejected;
    }
    auto tag = std::string{client.get("/long", "Accept-Encoding: gzip\r\n").headers["ETag"]};
    auto known = client.get("/long", "Accept-Encoding: gzip\r\nIf-None-Match: " + tag + "\r\n");
    EXPECT_EQ(known.status, 304);
    EXPECT_EQ(known.headers["Vary"], "Accept-Encoding");
}

TEST_P(Server, compresses_only_what_gets_smaller) {
    RunningServer server{respond};
    auto client = server.client();
    auto gzip = "Accept-Encoding: gzip\r\n";
    EXPECT_FALSE(client.get("/", gzip).headers.has("Content-Encoding")) << "too short";
    EXPECT_FALSE(client.get("/picture", gzip).headers.has("Content-Encoding"));
    EXPECT_FALSE(client.get("/picture", gzip).headers.has("Vary"));

    auto whole = client.get("/long", gzip);
    client.send("HEAD /long HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    auto head = client.read(false);
    EXPECT_EQ(head.headers["Content-Length"], std::to_string(whole.body.size()));
    EXPECT_EQ(head.headers["Content-Encoding"], "gzip");
}

TEST_P(Server, drains_without_dropping_a_request) {
    ServerOptions options;
    options.drain_delay = 150ms;
    GatedServer gated{options};
    auto& [server, gate] = gated;
    auto idle = server.client();
    EXPECT_EQ(idle.get("/").status, 200);
    auto waiting = server.client();
    gated.send_to_gate(waiting);
    EXPECT_FALSE(server.server().draining());

    auto drained = boost::asio::co_spawn(server.context(), server.server().drain(), boost::asio::use_future);
    while (!server.server().draining()) std::this_thread::yield();
    auto late = server.client();  // still accepted
    EXPECT_EQ(late.get("/").headers["Connection"], "close");
    EXPECT_TRUE(late.at_end());

    EXPECT_TRUE(idle.at_end()) << "closed when accepting ends";
    EXPECT_ANY_THROW((void)server.client());
    EXPECT_NE(drained.wait_for(0s), std::future_status::ready) << "one request is in progress";
    gate.open();
    auto got = waiting.read();
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.headers["Connection"], "close");
    waiting.close();
    EXPECT_EQ(drained.wait_for(10s), std::future_status::ready);
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Server, drains_without_waiting_for_rejected_clients) {
    ServerOptions options;
    options.drain_delay = 0ms;
    BusyServer busy{options};
    auto& server = busy.server;
    auto rejected = server.client();
    rejected.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_problem(rejected.read(), 503);
    busy.finish();
    auto drained = boost::asio::co_spawn(server.context(), server.server().drain(), boost::asio::use_future);
    EXPECT_EQ(drained.wait_for(900ms), std::future_status::ready) << "before Retry-After is over";
}

TEST_P(Server, limits_the_time_to_drain) {
    ServerOptions options;
    options.drain_delay = 0ms;
    options.drain_limit = 50ms;
    GatedServer gated{options};
    auto& [server, gate] = gated;
    auto half = server.client();
    half.send("GET / HTTP/1.1\r\n");
    auto waiting = server.client();
    gated.send_to_gate(waiting);

    auto drained = boost::asio::co_spawn(server.context(), server.server().drain(), boost::asio::use_future);
    EXPECT_EQ(drained.wait_for(10s), std::future_status::ready);
    EXPECT_TRUE(half.at_end());
    EXPECT_TRUE(waiting.at_end());
    gate.open();
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Server, explains_in_one_line_why_it_cannot_listen) {
    RunningServer server{respond};
    auto attempt = [&](ServerOptions options) -> std::string {
        boost::asio::io_context context;
        try {
            (void)serve(options, respond, {context.get_executor()}, server.clock, server.random,
                        server.metrics);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "it listens";
    };
    ServerOptions options;
    options.port = server.port();
    EXPECT_EQ(attempt(options),
              fmt::format("can't listen on 127.0.0.1:{}: address already in use; choose another "
                          "port with --port or stop the program that uses it",
                          server.port()));
    options.address = "localhost";
    EXPECT_EQ(attempt(options), "can't listen on \"localhost\": not an IP address");
    options.address = "192.0.2.1";
    options.port = 0;
    EXPECT_EQ(attempt(options), "can't listen on 192.0.2.1:0: cannot assign requested address");
    options.trusted_proxies = {"10.0.0.0/99"};
    EXPECT_EQ(attempt(options), "trusted proxy \"10.0.0.0/99\" is neither an address nor a network");
}

TEST_P(Server, logs_neither_query_nor_cookie) {
    ::testing::internal::CaptureStderr();
    {
        RunningServer server{respond, {}, log::Level::info};
        auto client = server.client();
        (void)client.get("/query?token=hidden", "Cookie: session=hidden\r\nX-Request-Id: id-1\r\n");
        (void)client.get("/broken", "X-Request-Id: id-2\r\n");
        client.close();
        EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
    }
    auto log = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(log.find("hidden"), std::string::npos);
    auto line =
        log.find("request client=127.0.0.1 user=- method=GET path=/query status=200 bytes=12 duration_ms=");
    EXPECT_NE(line, std::string::npos) << log;
    EXPECT_NE(log.find("request_id=id-1 trace_id=", line), std::string::npos) << log;
    EXPECT_NE(log.find("request failed request_id=id-2"), std::string::npos) << log;
    EXPECT_NE(log.find("the secret reason"), std::string::npos);
}

TEST_P(Server, serves_many_clients_on_two_threads) {
    RunningServer server{respond};
    std::vector<std::jthread> clients;
    std::atomic<int> right = 0;
    for (int number = 0; number < 8; ++number) {
        clients.emplace_back([&server, &right, number] {
            for (int connection = 0; connection < 5; ++connection) {
                auto client = server.client();
                for (int i = 0; i < 20; ++i) {
                    auto query = fmt::format("{}-{}-{}", number, connection, i);
                    right += client.get("/query?" + query).body == query;
                    right += client.get("/long", "Accept-Encoding: gzip\r\n").status == 200;
                }
            }
        });
    }
    clients.clear();
    EXPECT_EQ(right, 8 * 5 * 20 * 2);
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

}  // namespace
}  // namespace stagedoor::http::test
