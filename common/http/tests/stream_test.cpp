// Responses whose body goes on: how their parts reach the reader, and when they end.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <list>

#include "common/http/server/body_stream.hpp"
#include "common/http/tests/running_server.hpp"

namespace stagedoor::http::test {
namespace {

using End = BodyStream::End;

BodyStream::Part part(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

// What the handler has made, for the test to send on.
class Made {
  public:
    Handler handler(BodyStream::Options options = {}) {
        return [this, options](Request& request) -> Task<Response> {
            return respond(*this, options, request.path);
        };
    }
    std::shared_ptr<BodyStream> next() {
        std::unique_lock lock{mutex_};
        auto come = changed_.wait_for(lock, 10s, [this] { return !streams_.empty(); });
        if (!come) throw std::runtime_error("no stream was opened");
        auto stream = streams_.front().lock();
        streams_.pop_front();
        return stream;
    }
    // How that many streams have ended.
    std::vector<End> ends(std::size_t count = 1) {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, 10s, [&] { return ends_.size() >= count; });
        return ends_;
    }

  private:
    static Task<Response> respond(Made& made, BodyStream::Options options, std::string path) {
        if (path != "/stream") co_return Response{.body = "ordinary"};
        options.on_end = [&made](End end) {
            std::lock_guard lock{made.mutex_};
            made.ends_.push_back(end);
            made.changed_.notify_all();
        };
        Response response;
        response.headers.add("Content-Type", "text/event-stream");
        response.stream = std::make_shared<BodyStream>(std::move(options));
        std::lock_guard lock{made.mutex_};
        made.streams_.push_back(response.stream);
        made.changed_.notify_all();
        co_return response;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<std::weak_ptr<BodyStream>> streams_;
    std::vector<End> ends_;
};

class Streams : public ::testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        static const TestTls tls;
        if (GetParam()) RunningServer::tls = &tls;
    }
    void TearDown() override { RunningServer::tls = nullptr; }

    Made made;  // before the server that uses it
};
INSTANTIATE_TEST_SUITE_P(Tcp, Streams, ::testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Tls, Streams, ::testing::Values(true));

constexpr auto request = "GET /stream HTTP/1.1\r\nHost: test\r\n\r\n";

TEST_P(Streams, send_each_part_as_it_comes) {
    RunningServer server{made.handler()};
    auto client = server.client();
    client.send(request);
    auto head = client.read();
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers["Transfer-Encoding"], "chunked");
    EXPECT_FALSE(head.headers.has("Content-Length"));
    EXPECT_FALSE(head.headers.has("Content-Encoding"));
    EXPECT_FALSE(head.headers.has("ETag"));
    EXPECT_EQ(head.headers["Connection"], "close");
    auto stream = made.next();
    EXPECT_TRUE(stream->send(part("first\n")));
    EXPECT_TRUE(client.receives("6\r\nfirst\n\r\n"));
    EXPECT_TRUE(stream->send(part("second\n")));
    EXPECT_TRUE(stream->send(part("third\n")));
    EXPECT_TRUE(client.receives("7\r\nsecond\n\r\n6\r\nthird\n\r\n"));
    stream->finish();
    EXPECT_TRUE(client.receives("0\r\n\r\n"));
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(made.ends(), std::vector{End::finished});
    EXPECT_FALSE(stream->send(part("more")));
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Streams, send_what_came_before_the_connection_was_ready) {
    auto handler = [](Request&) -> Task<Response> {
        Response response;
        response.stream = std::make_shared<BodyStream>(BodyStream::Options{});
        response.stream->send(part("early"));
        response.stream->finish();
        co_return response;
    };
    RunningServer server{handler};
    auto client = server.client();
    client.send(request);
    EXPECT_EQ(client.read().status, 200);
    EXPECT_TRUE(client.receives("5\r\nearly\r\n0\r\n\r\n"));
    EXPECT_TRUE(client.at_end());
}

TEST_P(Streams, are_not_chunked_for_http_1_0) {
    RunningServer server{made.handler()};
    auto client = server.client();
    client.send("GET /stream HTTP/1.0\r\n\r\n");
    auto head = client.read();
    EXPECT_FALSE(head.headers.has("Transfer-Encoding"));
    auto stream = made.next();
    stream->send(part("plain"));
    stream->finish();
    EXPECT_TRUE(client.receives("plain"));
    EXPECT_TRUE(client.at_end());
}

TEST_P(Streams, have_only_a_head_for_head) {
    RunningServer server{made.handler()};
    auto client = server.client();
    client.send("HEAD /stream HTTP/1.1\r\nHost: test\r\n\r\n");
    EXPECT_EQ(client.read(false).headers["Content-Type"], "text/event-stream");
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(made.ends(), std::vector{End::left});
}

TEST_P(Streams, end_when_the_reader_leaves) {
    RunningServer server{made.handler()};
    {
        auto client = server.client();
        client.send(request);
        EXPECT_EQ(client.read().status, 200);
        (void)made.next();
        client.finish_sending();
    }
    EXPECT_EQ(made.ends(), std::vector{End::left});
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Streams, end_when_the_reader_breaks_off_after_sending_more) {
    ServerOptions options;
    options.heartbeat_interval = 20ms;
    RunningServer server{made.handler({.heartbeat = ":\n\n"}), options};
    {
        auto client = server.client();
        client.send(std::string{request} + request);
        EXPECT_EQ(client.read().status, 200);
        EXPECT_TRUE(client.receives(":\n\n"));
        client.close();
    }
    EXPECT_EQ(made.ends(), std::vector{End::left});
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Streams, drop_a_reader_who_is_too_slow) {
    RunningServer server{made.handler()};
    auto client = server.client(4096);
    client.send(request);
    auto stream = made.next();
    auto big = part(std::string(8 * 1024, 'x'));
    std::size_t sent = 0;
    while (stream->send(big)) {
        ++sent;
        std::this_thread::sleep_for(1ms);  // so that the connection takes what it can
        ASSERT_LT(sent, 1000u) << "8 MB are buffered for one reader";
    }
    EXPECT_EQ(made.ends(), std::vector{End::too_slow});
    EXPECT_TRUE(server.rejected("slow_reader"));
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Streams, drop_a_reader_who_reads_nothing) {
    ServerOptions options;
    options.write_timeout = 50ms;
    RunningServer server{made.handler({.max_waiting = 64 * 1024 * 1024}), options};
    auto client = server.client(4096);
    client.send(request);
    made.next()->send(part(std::string(16 * 1024 * 1024, 'x')));
    EXPECT_EQ(made.ends(), std::vector{End::left});
    EXPECT_TRUE(server.rejected("write_timeout"));
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_P(Streams, send_a_heartbeat_when_nothing_else_is_sent) {
    ServerOptions options;
    options.heartbeat_interval = 20ms;
    RunningServer server{made.handler({.heartbeat = ":\n\n"}), options};
    auto client = server.client();
    client.send(request);
    EXPECT_EQ(client.read().status, 200);
    EXPECT_TRUE(client.receives("3\r\n:\n\n\r\n3\r\n:\n\n\r\n"));
    made.next()->finish();
    EXPECT_TRUE(client.receives("0\r\n\r\n"));
}

TEST_P(Streams, do_not_count_as_requests_in_progress) {
    ServerOptions options;
    options.requests_limit = 1;
    RunningServer server{made.handler(), options};
    std::list<RawClient> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(server.port(), std::nullopt, RunningServer::client_tls());
        clients.back().send(request);
        EXPECT_EQ(clients.back().read().status, 200);
    }
    EXPECT_EQ(server.client().get("/").body, "ordinary");
}

TEST_P(Streams, outlive_the_time_that_a_handler_has) {
    ServerOptions options;
    options.handler_timeout = options.write_timeout = options.idle_timeout = 40ms;
    options.heartbeat_interval = 20ms;
    RunningServer server{made.handler({.heartbeat = ":\n\n"}), options};
    auto client = server.client();
    client.send(request);
    auto stream = made.next();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(client.receives(":\n\n"));
    EXPECT_TRUE(stream->send(part("still here")));
    EXPECT_TRUE(client.receives("still here"));
}

TEST_P(Streams, end_at_once_when_the_server_drains) {
    ServerOptions options;
    options.drain_delay = 100ms;
    options.drain_limit = 60s;
    RunningServer server{made.handler({.farewell = "retry: 5000\n\n"}), options};
    std::list<RawClient> clients;
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back(server.port(), std::nullopt, RunningServer::client_tls());
        clients.back().send(request);
        EXPECT_EQ(clients.back().read().status, 200);
    }
    auto drained = boost::asio::co_spawn(server.context(), server.server().drain(), boost::asio::use_future);
    for (auto& client : clients) {
        EXPECT_TRUE(client.receives("retry: 5000\n\n\r\n0\r\n\r\n"));
        EXPECT_TRUE(client.at_end());
    }
    EXPECT_EQ(made.ends(4), std::vector(4, End::drained));
    auto late = server.client();
    late.send(request);
    EXPECT_EQ(late.read().status, 200);
    EXPECT_TRUE(late.receives("retry: 5000\n\n\r\n0\r\n\r\n")) << "opened while it drains";
    for (auto& client : clients) client.close();
    late.close();
    EXPECT_EQ(drained.wait_for(10s), std::future_status::ready);
}

TEST_P(Streams, of_a_stopped_server_are_freed) {
    {
        RunningServer server{made.handler()};
        auto client = server.client();
        client.send(request);
        EXPECT_EQ(client.read().status, 200);
    }
    EXPECT_EQ(made.ends(), std::vector{End::left});
}

TEST_P(Streams, reach_many_readers_from_many_threads) {
    RunningServer server{made.handler()};
    std::list<RawClient> clients;
    std::vector<std::shared_ptr<BodyStream>> streams;
    for (int i = 0; i < 50; ++i) {
        clients.emplace_back(server.port(), std::nullopt, RunningServer::client_tls());
        clients.back().send(request);
        streams.push_back(made.next());
    }
    {
        std::vector<std::jthread> senders;
        for (int sender = 0; sender < 4; ++sender) {
            senders.emplace_back([&streams] {
                for (int i = 0; i < 25; ++i) {
                    for (auto& stream : streams) EXPECT_TRUE(stream->send(part("tick\n")));
                }
            });
        }
    }
    for (auto& stream : streams) stream->finish();
    for (auto& client : clients) {
        for (int i = 0; i < 100; ++i) EXPECT_TRUE(client.receives("tick\n"));
        EXPECT_TRUE(client.receives("0\r\n\r\n"));
    }
    streams.clear();
    clients.clear();
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

// ---- alone

TEST(BodyStream, ends_once_and_says_why) {
    std::vector<End> ends;
    {
        BodyStream stream{{.max_waiting = 10, .on_end = [&](End end) { ends.push_back(end); }}};
        EXPECT_TRUE(stream.send(part("12345")));
        EXPECT_TRUE(stream.send(part("67890")));
        EXPECT_FALSE(stream.send(part("x")));
        stream.finish();
        EXPECT_EQ(stream.end(), End::too_slow);
        EXPECT_TRUE(stream.take().parts.empty());
    }
    EXPECT_EQ(ends, std::vector{End::too_slow});
}

TEST(BodyStream, has_room_again_once_its_parts_are_taken) {
    BodyStream stream{{.max_waiting = 5}};
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(stream.send(part("12345")));
        EXPECT_EQ(stream.take().parts.size(), 1u);
    }
}

TEST(BodyStream, that_nobody_connects_to_is_left) {
    std::optional<End> end;
    {
        BodyStream stream{{.on_end = [&](End why) { end = why; }}};
    }
    EXPECT_EQ(end, End::left);
}

TEST(BodyStream, wakes_who_connects_late) {
    int wakes = 0;
    BodyStream stream{{}};
    stream.connect([&] { ++wakes; });
    EXPECT_EQ(wakes, 0);
    stream.send(part("x"));
    EXPECT_EQ(wakes, 1);
    stream.connect([&] { wakes += 10; });
    EXPECT_EQ(wakes, 11);
}

}  // namespace
}  // namespace stagedoor::http::test
