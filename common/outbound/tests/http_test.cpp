#include <gtest/gtest.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>

#include "common/errors.hpp"
#include "common/http/tests/running_server.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "testing/servers/tcp_peers.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::outbound {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::Peer;
using test::Wire;

constexpr auto ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

void respond_ok(Wire& wire) {
    wire.receive_request();
    wire.send(ok);
}

class Http : public ::testing::Test {
  protected:
    http::Response send(std::string url, http::Request request = {}) {
        return send({.url = std::move(url)}, std::move(request));
    }
    http::Response send(SendOptions options, http::Request request = {}) {
        return loop.wait_for(transport->send(std::move(request), std::move(options)));
    }
    std::future<http::Response> send_later(std::string url) {
        return boost::asio::co_spawn(loop.executor(), transport->send({}, {.url = std::move(url)}),
                                     boost::asio::use_future);
    }

    runtime::EventLoopThread loop;
    std::unique_ptr<Transport> transport = make_transport();
};

Task<http::Response> echo(http::Request& request) {
    if (request.path == "/missing") throw NotFound("no such thing"_text);
    http::Response response{.status = 201, .headers = {}, .body = {}};
    response.headers.set("X-Request", std::string{to_text(request.method)} + " " + request.target);
    response.headers.set("X-Key", std::string{request.headers["Idempotency-Key"]});
    response.body = request.body;
    co_return response;
}

TEST_F(Http, exchanges_request_and_response) {
    http::test::RunningServer server{echo};
    auto url = "http://127.0.0.1:" + std::to_string(server.port());
    auto response = send(url, {.method = http::Method::post,
                               .target = "/things?a=b",
                               .headers = {{"Idempotency-Key", "k"}},
                               .body = "the body"});
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "the body");
    EXPECT_EQ(response.headers["X-Request"], "POST /things?a=b");
    EXPECT_EQ(response.headers["X-Key"], "k");

    EXPECT_EQ(send(url + "/missing").status, 404);  // a response like any other
    transport->close();
}

TEST_F(Http, follows_no_redirect) {
    Peer peer{[](Wire& wire) {
        wire.receive_request();
        wire.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    }};
    EXPECT_EQ(send(peer.url("http")).status, 302);
    transport->close();
}

TEST_F(Http, supports_no_other_protocol) {
    EXPECT_THROW(send("file:///etc/hostname"), NoResponse);
    EXPECT_THROW(send("smtp://127.0.0.1:1"), NoResponse);
}

TEST_F(Http, rejects_a_header_with_a_line_break) {
    EXPECT_THROW(send("http://127.0.0.1:1", {.headers = {{"Key", "a\r\nHost: b"}}}), std::invalid_argument);
}

TEST_F(Http, fails_when_nothing_listens) { EXPECT_THROW(send("http://127.0.0.1:1"), NoResponse); }

TEST_F(Http, fails_after_its_timeout) {
    Peer peer{[](Wire& wire) { wire.receive(1'000'000); }};
    auto begun = std::chrono::steady_clock::now();
    EXPECT_THROW(send({.url = peer.url("http"), .timeout = 100ms}), NoResponse);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    transport->close();
}

// A server whose packets get lost: the system completes no more connections than the backlog has room for.
class UnreachableServer {
  public:
    UnreachableServer() {
        acceptor_.listen(0);
        for (auto& socket : filling_) {
            socket.open(boost::asio::ip::tcp::v4());
            socket.async_connect(acceptor_.local_endpoint(), [](boost::system::error_code) {});
        }
        while (context_.poll_one() > 0) {
        }
    }
    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }

  private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_{
        context_, {boost::asio::ip::address_v4::loopback(), boost::asio::ip::port_type{0}}};
    std::array<boost::asio::ip::tcp::socket, 4> filling_{
        boost::asio::ip::tcp::socket{context_}, boost::asio::ip::tcp::socket{context_},
        boost::asio::ip::tcp::socket{context_}, boost::asio::ip::tcp::socket{context_}};
};

TEST_F(Http, knows_that_nothing_was_sent_if_there_was_no_connection_in_time) {
    UnreachableServer server;
    auto begun = std::chrono::steady_clock::now();
    SendOptions post{.url = server.url(), .timeout = 1min, .connect_timeout = 100ms};
    EXPECT_THROW(send(post, {.method = http::Method::post, .body = "the body"}), NotSent);
    EXPECT_THROW(send({.url = server.url(), .timeout = 100ms}), NotSent) << "whichever ends first";
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    Peer silent{[](Wire& wire) { wire.receive(1'000'000); }};
    try {
        (void)send({.url = silent.url("http"), .timeout = 1s, .connect_timeout = 1s});
        FAIL() << "there was no response";
    } catch (const NotSent&) {
        FAIL() << "it was sent";
    } catch (const NoResponse&) {
        SUCCEED();
    }
    transport->close();
}

TEST_F(Http, fails_when_the_connection_breaks_midway) {
    Peer peer{[](Wire& wire) {
        wire.receive_request();
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    }};
    EXPECT_THROW(send(peer.url("http")), NoResponse);
    transport->close();
}

TEST_F(Http, receives_at_most_4_MiB) {
    auto respond_with = [](std::size_t bytes) {
        return [bytes](Wire& wire) {
            wire.receive_request();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
                      std::string(bytes, 'x'));
        };
    };
    Peer large{respond_with(4'000'000)}, too_large{respond_with(5'000'000)};
    EXPECT_EQ(send(large.url("http")).body.size(), 4'000'000);
    EXPECT_THROW(send(too_large.url("http")), NoResponse);
    transport->close();
}

TEST_F(Http, keeps_a_connection_and_replaces_a_broken_one) {
    Peer peer{[](Wire& wire) {
        respond_ok(wire);
        respond_ok(wire);
    }};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send(peer.url("http")).body, "ok");
    EXPECT_EQ(peer.connections(), 2);
    transport->close();
}

// Whether the coroutine resumes on its own executor.
Task<bool> resumes_on(Transport& transport, std::string url, boost::asio::io_context& context) {
    (void)co_await transport.send({}, {.url = std::move(url)});
    co_return context.get_executor().running_in_this_thread();
}

TEST_F(Http, runs_many_at_once_each_on_its_own_executor) {
    http::test::RunningServer server{echo};
    auto url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    std::array<boost::asio::io_context, 3> contexts;
    std::vector<std::future<bool>> resumed;
    for (int i = 0; i < 200; ++i) {
        auto& context = contexts[static_cast<std::size_t>(i) % contexts.size()];
        resumed.push_back(
            boost::asio::co_spawn(context, resumes_on(*transport, url, context), boost::asio::use_future));
    }
    std::vector<std::jthread> threads;
    for (auto& context : contexts) threads.emplace_back([&context] { context.run(); });
    for (auto& each : resumed) EXPECT_TRUE(each.get());
    transport->close();
}

TEST_F(Http, rejects_more_than_its_limit) {
    Peer peer{[](Wire& wire) { wire.receive(1'000'000); }};
    transport = make_transport({.max_concurrent = 2});
    auto first = send_later(peer.url("http")), second = send_later(peer.url("http"));
    EXPECT_THROW(send(peer.url("http")), Unavailable);
    transport->close();
    EXPECT_THROW(first.get(), NoResponse);
    EXPECT_THROW(second.get(), NoResponse);
}

TEST_F(Http, aborts_requests_in_flight_when_it_closes) {
    Peer peer{[](Wire& wire) { wire.receive(1'000'000); }};
    auto waiting = send_later(peer.url("http"));
    testing::eventually([&] { return peer.connections() == 1; });
    transport->close();
    EXPECT_THROW(waiting.get(), NoResponse);
    EXPECT_THROW(send(peer.url("http")), Unavailable);
    transport->close();  // the second call does nothing
}

TEST_F(Http, trusts_only_known_certificates) {
    Certificate certificate;
    Peer peer{[](Wire& wire) {
                  wire.start_tls();
                  respond_ok(wire);
              },
              &certificate};
    EXPECT_THROW(send(peer.url("https")), NoResponse);
    transport = make_transport({.ca_file = certificate.file()});
    EXPECT_EQ(send(peer.url("https")).body, "ok");
    auto other_name = peer.url("https");
    other_name.replace(other_name.find("127.0.0.1"), 9, "localhost");
    EXPECT_THROW(send(other_name), NoResponse);
    transport->close();
}

// A server of ours that asks for certificates, and clients with and without one.
class MutualTls : public Http {
  protected:
    static http::ServerOptions options(const http::test::TestTls& tls) {
        http::ServerOptions all;
        all.tls = tls.files();
        all.tls.client_ca = tls.authority.file();
        return all;
    }
    [[nodiscard]] std::string url() const { return "https://localhost:" + std::to_string(server.port()); }
    void use(TransportOptions options) {
        transport->close();
        transport = make_transport(std::move(options));
    }
    http::Response post(const std::string& key = "") {
        http::Request request{.method = http::Method::post, .target = "/", .body = "the body"};
        if (!key.empty()) request.headers.add("Idempotency-Key", key);
        return send({.url = url(), .repeat_on_broken_connection = !key.empty()}, std::move(request));
    }

    http::test::TestTls tls;
    fleet::CertificateFiles client = tls.authority.issue("client", {"DNS:client"});
    http::test::RunningServer server{echo, options(tls)};
};

TEST_F(MutualTls, sends_requests_with_a_certificate_of_its_own) {
    use({.ca_file = tls.authority.file(), .certificate_file = client.certificate, .key_file = client.key});
    for (auto key : {"", "k", "k"}) EXPECT_EQ(post(key).body, "the body");
    transport->close();
}

TEST_F(MutualTls, sends_nothing_to_a_server_that_it_does_not_know) {
    http::test::TestTls other;
    for (const auto& options : {TransportOptions{}, TransportOptions{.ca_file = other.authority.file()}}) {
        use(options);
        EXPECT_THROW(post(), NotSent);
    }
    use({.ca_file = tls.authority.file(), .certificate_file = client.certificate, .key_file = "/nowhere"});
    EXPECT_THROW(post(), NotSent);
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
    transport->close();
}

TEST_F(MutualTls, is_refused_without_a_certificate_of_the_servers_ca) {
    use({.ca_file = tls.authority.file()});
    EXPECT_THROW(post(), NoResponse);
    http::test::TestTls other;
    auto foreign = other.authority.issue("client", {"DNS:client"});
    use({.ca_file = tls.authority.file(), .certificate_file = foreign.certificate, .key_file = foreign.key});
    EXPECT_THROW(post(), NoResponse);
    transport->close();
}

TEST_F(MutualTls, reads_replaced_files_at_the_next_connection) {
    http::test::TestTls other;
    auto ca = tls.folder.file("trusted.pem"), certificate = tls.folder.file("own.pem"),
         key = tls.folder.file("own.key");
    std::filesystem::copy_file(other.authority.file(), ca);
    std::filesystem::copy_file(client.certificate, certificate);
    std::filesystem::copy_file(client.key, key);
    use({.ca_file = ca, .certificate_file = certificate, .key_file = key});
    EXPECT_THROW(post(), NotSent);
    std::filesystem::copy_file(tls.authority.file(), ca, std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(post().status, 201);
    auto late = tls.authority.issue("late", {"DNS:client"}, -1);
    std::filesystem::rename(late.certificate, certificate);
    std::filesystem::rename(late.key, key);
    EXPECT_THROW(post(), NoResponse) << "the one that has expired is shown";
    transport->close();
}

TEST_F(MutualTls, can_do_without_knowing_the_server) {
    use({.certificate_file = client.certificate, .key_file = client.key, .verifies_servers = false});
    EXPECT_EQ(post().status, 201);
    transport->close();
}

}  // namespace
}  // namespace stagedoor::outbound
