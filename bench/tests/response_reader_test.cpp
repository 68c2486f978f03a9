#include "bench/load/response_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

using stagedoor::load::header;
using stagedoor::load::MalformedResponse;
using stagedoor::load::ResponseReader;

namespace {

void feed(ResponseReader& reader, std::string_view bytes) {
    while (!bytes.empty()) {
        auto space = reader.free_space();
        auto n = std::min(space.size(), bytes.size());
        std::copy_n(bytes.begin(), n, space.begin());
        reader.received(n);
        bytes.remove_prefix(n);
    }
}

constexpr std::string_view created_response = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST(ResponseReader, reads_a_response) {
    ResponseReader reader;
    feed(reader, created_response);
    auto response = reader.next();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->body, "hello");
    EXPECT_FALSE(response->closes);
    EXPECT_FALSE(reader.next());
}

TEST(ResponseReader, reads_a_response_byte_by_byte) {
    ResponseReader reader;
    for (char byte : created_response.substr(0, created_response.size() - 1)) {
        feed(reader, {&byte, 1});
        EXPECT_FALSE(reader.next());
    }
    feed(reader, "o");
    EXPECT_EQ(reader.next()->body, "hello");
}

TEST(ResponseReader, reads_several_responses_at_once) {
    ResponseReader reader;
    feed(reader, std::string{created_response} + "HTTP/1.1 204 No Content\r\n\r\n" +
                     std::string{created_response}.substr(0, 10));
    EXPECT_EQ(reader.next()->status, 201);
    auto second = reader.next();
    EXPECT_EQ(second->status, 204);
    EXPECT_EQ(second->body, "");
    EXPECT_FALSE(reader.next());
    feed(reader, created_response.substr(10));
    EXPECT_EQ(reader.next()->body, "hello");
}

TEST(ResponseReader, reads_many_large_responses_in_pieces) {
    ResponseReader reader;
    std::string body(100'000, 'x');
    auto response = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + body;
    for (int i = 0; i < 20; ++i) {
        feed(reader, std::string_view{response}.substr(0, 70'000));
        EXPECT_FALSE(reader.next());
        feed(reader, std::string_view{response}.substr(70'000));
        EXPECT_EQ(reader.next()->body, body);
    }
}

TEST(ResponseReader, skips_interim_responses) {
    ResponseReader reader;
    feed(reader, "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_FALSE(reader.next());
    feed(reader, created_response);
    EXPECT_EQ(reader.next()->status, 201);
}

TEST(ResponseReader, reports_that_the_server_closes) {
    ResponseReader reader;
    feed(reader, "HTTP/1.1 503 Service Unavailable\r\nconnection: Close\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(reader.next()->closes);
    feed(reader, created_response);
    EXPECT_FALSE(reader.next()->closes);
}

TEST(ResponseReader, reset_discards_a_partial_response) {
    ResponseReader reader;
    feed(reader, created_response.substr(0, 30));
    EXPECT_FALSE(reader.next());
    reader.reset();
    feed(reader, created_response);
    EXPECT_EQ(reader.next()->body, "hello");
}

TEST(ResponseReader, rejects_malformed_responses) {
    for (std::string_view bad : {
             "SSH-2.0-OpenSSH_9.2\r\n\r\n",
             "HTTP/1.1 abc Wrong\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 999 Wrong\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         }) {
        ResponseReader reader;
        feed(reader, bad);
        EXPECT_THROW(reader.next(), MalformedResponse) << bad;
    }
}

TEST(ResponseReader, limits_its_buffer) {
    ResponseReader reader;
    std::string line = "X-Field: " + std::string(1000, 'x') + "\r\n";
    EXPECT_THROW(
        {
            feed(reader, "HTTP/1.1 200 OK\r\n");
            for (int i = 0; i < 40'000; ++i) {
                feed(reader, line);
                EXPECT_FALSE(reader.next());
            }
        },
        MalformedResponse);
}

TEST(Header, is_case_insensitive_and_trimmed) {
    constexpr std::string_view head =
        "HTTP/1.1 200 OK\r\nX-Other: a: b\r\nSET-cookie: \t session=x; Path=/ \r\n\r\n";
    EXPECT_EQ(header(head, "Set-Cookie"), "session=x; Path=/");
    EXPECT_EQ(header(head, "x-other"), "a: b");
    EXPECT_EQ(header(head, "other"), std::nullopt);
    EXPECT_EQ(header(head, "cookie"), std::nullopt);
}
