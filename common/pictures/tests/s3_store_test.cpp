// What an S3 store does when its server, its keys or the network fail.
#include "common/pictures/s3_store.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "common/errors.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/log.hpp"
#include "testing/servers/s3_server.hpp"
#include "testing/servers/tcp_peers.hpp"

namespace stagedoor::pictures {
namespace {

using namespace std::chrono_literals;
using outbound::test::Peer;
using outbound::test::Wire;

constexpr auto whole = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npicture";

class S3StoreTest : public ::testing::Test {
  protected:
    ~S3StoreTest() override { transport->close(); }

    std::unique_ptr<S3Store> open(S3Options options) {
        return std::make_unique<S3Store>(*transport, *clock, std::move(options));
    }
    // A server that responds to each connection with the next of these, and then ends it.
    std::unique_ptr<S3Store> open_with(std::vector<std::string> responses,
                                       std::chrono::milliseconds timeout = 4s) {
        peer = std::make_unique<Peer>([this, responses](Wire& wire) {
            wire.receive_request();
            auto number = static_cast<std::size_t>(requests++);
            if (number < responses.size()) wire.send(responses[number]);
        });
        return open({.url = peer->url("http", "/bucket"),
                     .credentials = {"eu-test-1", "key", "secret"},
                     .read_timeout = timeout,
                     .write_timeout = timeout});
    }
    std::optional<std::string> get(Store& store) { return loop.wait_for(store.get("one/480.jpg")); }

    runtime::EventLoopThread loop;
    std::unique_ptr<runtime::Clock> clock = runtime::make_system_clock(loop.executor());
    std::atomic<int> requests = 0;
    std::unique_ptr<Peer> peer;  // outlives the transport
    std::unique_ptr<outbound::Transport> transport = outbound::make_transport();
};

TEST_F(S3StoreTest, says_which_settings_are_wrong) {
    testing::S3Server server;
    auto failure = [&](const S3Options& options) {
        log::start(log::Level::warning);
        ::testing::internal::CaptureStderr();
        EXPECT_THROW(loop.wait_for(open(options)->put("one/480.jpg", "small")), Unavailable);
        EXPECT_THROW((void)get(*open(options)), Unavailable);
        auto text = ::testing::internal::GetCapturedStderr();
        EXPECT_EQ(text.find("s3cret"), std::string::npos) << text;
        return text;
    };
    S3Options right{.url = server.bucket_url(),
                    .credentials = {server.region, server.access_key, server.secret_key}};
    auto wrong_key = right, wrong_secret = right, wrong_region = right, wrong_bucket = right;
    wrong_key.credentials.access_key = "AKIAOTHER";
    wrong_secret.credentials.secret_key = "another s3cret";
    wrong_region.credentials.region = "eu-other-1";
    wrong_bucket.url = server.origin() + "/other";
    for (const auto& [options, code, setting] :
         {std::tuple{wrong_key, "InvalidAccessKeyId", "STAGEDOOR_PICTURES_S3_ACCESS_KEY"},
          {wrong_secret, "SignatureDoesNotMatch", "STAGEDOOR_PICTURES_S3_SECRET_KEY"},
          {wrong_region, "AuthorizationHeaderMalformed", "STAGEDOOR_PICTURES_S3_REGION"},
          {wrong_bucket, "NoSuchBucket", "STAGEDOOR_PICTURES_S3_URL"}}) {
        auto text = failure(options);
        EXPECT_NE(text.find(code), std::string::npos) << text;
        EXPECT_NE(text.find(setting), std::string::npos) << text;
    }
}

TEST_F(S3StoreTest, is_unavailable_when_nobody_listens) {
    auto store = open({.url = "http://127.0.0.1:1/bucket", .credentials = {"eu-test-1", "key", "secret"}});
    EXPECT_THROW((void)get(*store), Unavailable);
    EXPECT_THROW(loop.wait_for(store->put("one/480.jpg", "small")), Unavailable);
    EXPECT_THROW(loop.wait_for(store->remove("one/480.jpg")), Unavailable);
}

TEST_F(S3StoreTest, waits_for_a_slow_server_no_longer_than_its_timeout) {
    peer = std::make_unique<Peer>([](Wire& wire) {
        wire.receive_request();
        (void)wire.line();  // until the client gives up
    });
    auto store = open({.url = peer->url("http", "/bucket"),
                       .credentials = {"eu-test-1", "key", "secret"},
                       .read_timeout = 200ms,
                       .write_timeout = 200ms});
    auto started = std::chrono::steady_clock::now();
    EXPECT_THROW((void)get(*store), Unavailable);
    EXPECT_THROW(loop.wait_for(store->put("one/480.jpg", "small")), Unavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - started, 3s);
}

TEST_F(S3StoreTest, reads_a_second_time_what_failed_at_once) {
    for (const auto* failed : {"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npict", ""}) {
        requests = 0;
        auto store = open_with({failed, whole});
        EXPECT_EQ(get(*store), "picture") << failed;
        EXPECT_EQ(requests, 2);
    }
}

TEST_F(S3StoreTest, reads_no_third_time) {
    auto broken = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
    auto store = open_with({broken, broken, whole});
    EXPECT_THROW((void)get(*store), Unavailable);
    EXPECT_EQ(requests, 2);
}

TEST_F(S3StoreTest, never_takes_a_part_of_a_file_for_all_of_it) {
    std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npict";
    std::string unmeasured = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npict";
    std::string half_a_chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npict\r\n";
    for (const auto& each : {half, unmeasured, half_a_chunk}) {
        auto store = open_with({each, each});
        EXPECT_THROW((void)get(*store), Unavailable) << each;
        requests = 0;
    }
}

// A proxy's page is no answer to whether there is such a file.
TEST_F(S3StoreTest, takes_only_the_word_of_the_store_for_a_missing_file) {
    auto page = open_with({"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\npage"});
    EXPECT_THROW((void)get(*page), Unavailable);
    requests = 0;
    auto store = open_with(
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 41\r\n\r\n<Error><Code>NoSuchKey</Code></Error>    "});
    EXPECT_EQ(get(*store), std::nullopt);
}

TEST_F(S3StoreTest, has_few_requests_in_flight) {
    peer = std::make_unique<Peer>([this](Wire& wire) {
        wire.receive_request();
        ++requests;
        (void)wire.line();
    });
    auto store = open({.url = peer->url("http", "/bucket"),
                       .credentials = {"eu-test-1", "key", "secret"},
                       .read_timeout = 20s,
                       .max_in_flight = 1});
    auto first = loop.start(store->get("one/480.jpg"));
    while (requests == 0) std::this_thread::yield();
    EXPECT_THROW((void)get(*store), Unavailable);
    transport->close();
    EXPECT_THROW((void)first.get(), Unavailable);
}

TEST(BucketUrl, has_an_endpoint_and_a_bucket) {
    for (const auto* url :
         {"https://s3.eu-central-1.amazonaws.com/pictures", "http://127.0.0.1:9000/pictures",
          "http://[::1]:9000/pictures/of/sellers", "https://minio/pictures/"})
        EXPECT_TRUE(is_bucket_url(url)) << url;
    for (const auto* url :
         {"", "pictures", "https://", "https://minio", "https://minio/", "s3://pictures",
          "ftp://minio/pictures", "https://user:word@minio/pictures", "https://minio/a?b",
          "https://minio/a b", "https://minio//a", "https://minio/../a", "https://minio:0/a"})
        EXPECT_FALSE(is_bucket_url(url)) << url;
}

}  // namespace
}  // namespace stagedoor::pictures
