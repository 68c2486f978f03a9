#include "bench/load/answer_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

using stagedoor::load::AnswerReader;
using stagedoor::load::header;
using stagedoor::load::MalformedAnswer;

namespace {

void feed(AnswerReader& reader, std::string_view bytes) {
    while (!bytes.empty()) {
        auto space = reader.free_space();
        auto n = std::min(space.size(), bytes.size());
        std::copy_n(bytes.begin(), n, space.begin());
        reader.received(n);
        bytes.remove_prefix(n);
    }
}

constexpr std::string_view kCreated = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST(AnswerReader, reads_an_answer) {
    AnswerReader reader;
    feed(reader, kCreated);
    auto answer = reader.next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->body, "hello");
    EXPECT_FALSE(answer->closes);
    EXPECT_FALSE(reader.next());
}

TEST(AnswerReader, reads_an_answer_that_comes_byte_by_byte) {
    AnswerReader reader;
    for (char byte : kCreated.substr(0, kCreated.size() - 1)) {
        feed(reader, {&byte, 1});
        EXPECT_FALSE(reader.next());
    }
    feed(reader, "o");
    EXPECT_EQ(reader.next()->body, "hello");
}

TEST(AnswerReader, reads_answers_that_come_together) {
    AnswerReader reader;
    feed(reader,
         std::string{kCreated} + "HTTP/1.1 204 No Content\r\n\r\n" + std::string{kCreated}.substr(0, 10));
    EXPECT_EQ(reader.next()->status, 201);
    auto second = reader.next();
    EXPECT_EQ(second->status, 204);
    EXPECT_EQ(second->body, "");
    EXPECT_FALSE(reader.next());
    feed(reader, kCreated.substr(10));
    EXPECT_EQ(reader.next()->body, "hello");
}

TEST(AnswerReader, reads_many_large_answers_in_pieces) {
    AnswerReader reader;
    std::string body(100'000, 'x');
    auto answer = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + body;
    for (int i = 0; i < 20; ++i) {
        feed(reader, std::string_view{answer}.substr(0, 70'000));
        EXPECT_FALSE(reader.next());
        feed(reader, std::string_view{answer}.substr(70'000));
        EXPECT_EQ(reader.next()->body, body);
    }
}

TEST(AnswerReader, skips_an_interim_answer) {
    AnswerReader reader;
    feed(reader, "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_FALSE(reader.next());
    feed(reader, kCreated);
    EXPECT_EQ(reader.next()->status, 201);
}

TEST(AnswerReader, tells_that_the_server_closes) {
    AnswerReader reader;
    feed(reader, "HTTP/1.1 503 Service Unavailable\r\nconnection: Close\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(reader.next()->closes);
    feed(reader, kCreated);
    EXPECT_FALSE(reader.next()->closes);
}

TEST(AnswerReader, reset_forgets_half_an_answer) {
    AnswerReader reader;
    feed(reader, kCreated.substr(0, 30));
    EXPECT_FALSE(reader.next());
    reader.reset();
    feed(reader, kCreated);
    EXPECT_EQ(reader.next()->body, "hello");
}

TEST(AnswerReader, refuses_what_it_can_not_read) {
    for (std::string_view bad : {
             "SSH-2.0-OpenSSH_9.2\r\n\r\n",
             "HTTP/1.1 abc Wrong\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 999 Wrong\r\nContent-Length: 0\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         }) {
        AnswerReader reader;
        feed(reader, bad);
        EXPECT_THROW(reader.next(), MalformedAnswer) << bad;
    }
}

TEST(AnswerReader, does_not_grow_without_end) {
    AnswerReader reader;
    std::string line = "X-Field: " + std::string(1000, 'x') + "\r\n";
    EXPECT_THROW(
        {
            feed(reader, "HTTP/1.1 200 OK\r\n");
            for (int i = 0; i < 40'000; ++i) {
                feed(reader, line);
                EXPECT_FALSE(reader.next());
            }
        },
        MalformedAnswer);
}

TEST(Header, is_found_in_any_case_and_trimmed) {
    constexpr std::string_view head =
        "HTTP/1.1 200 OK\r\nX-Other: a: b\r\nSET-cookie: \t session=x; Path=/ \r\n\r\n";
    EXPECT_EQ(header(head, "Set-Cookie"), "session=x; Path=/");
    EXPECT_EQ(header(head, "x-other"), "a: b");
    EXPECT_EQ(header(head, "other"), std::nullopt);
    EXPECT_EQ(header(head, "cookie"), std::nullopt);
}
