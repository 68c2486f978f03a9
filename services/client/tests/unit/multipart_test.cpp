#include "services/client/multipart.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace stagedoor::client {
namespace {

http::Request request_of(std::string body, std::string type = "multipart/form-data; boundary=----Web42") {
    http::Request request{.method = http::Method::post};
    request.headers.add("Content-Type", std::move(type));
    request.body = std::move(body);
    return request;
}

std::string part(const std::string& name, const std::string& content, const std::string& more = "") {
    return "------Web42\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n" +
           content + "\r\n";
}

constexpr auto end = "------Web42--\r\n";
constexpr auto picture = "; filename=\"C:\\fakepath\\IMG 1.jpg\"\r\nContent-Type: image/jpeg";

TEST(Multipart, has_the_fields_and_the_file) {
    auto request = request_of(part("title", "Bärtók & Sons") + part("upload", "JPEG", picture) +
                              part("lines", "a\r\nb\r\n") + part("empty", "") + end);
    ASSERT_TRUE(is_multipart(request));
    auto read = read_multipart(request);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->form["title"], "Bärtók & Sons");
    EXPECT_EQ(read->form.raw("lines"), "a\r\nb\r\n");
    EXPECT_TRUE(read->form.has("empty"));
    EXPECT_EQ(read->form["empty"], "");
    EXPECT_FALSE(read->form.has("upload"));
    EXPECT_EQ(read->file, "JPEG");
}

TEST(Multipart, has_no_file_if_none_was_chosen) {
    auto read = read_multipart(
        request_of(part("title", "x") +
                   part("upload", "", "; filename=\"\"\r\nContent-Type: application/octet-stream") + end));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->file, "");
}

TEST(Multipart, keeps_every_byte_of_a_file) {
    std::string bytes;
    for (int i = 0; i < 512; ++i) bytes += static_cast<char>(i);
    bytes += "\r\n--almost\r\n\r\n\n--\r------Web4\r\nFrom here\r\n.\r\n";
    auto read = read_multipart(request_of(part("upload", bytes, picture) + end));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->file, bytes);
}

// Also where the headers of the part claim that it is encoded.
RC_GTEST_PROP(Multipart, keeps_any_file, (const std::string& bytes)) {
    RC_PRE(bytes.find("------Web42") == std::string::npos);
    auto read = read_multipart(request_of(
        part("upload", bytes, std::string{picture} + "\r\nContent-Transfer-Encoding: base64") + end));
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->file == bytes);
}

TEST(Multipart, that_is_malformed_is_refused) {
    for (const auto& body :
         {std::string{}, std::string{"title=x"}, std::string{end}, part("title", "\xFF\xFE") + end,
          "------Web42\r\nContent-Type: text/plain\r\n\r\nno name\r\n" + std::string{end}}) {
        EXPECT_FALSE(read_multipart(request_of(body)).has_value()) << body;
    }
    EXPECT_FALSE(read_multipart(request_of(part("a", "b") + end, "multipart/form-data")).has_value());
    std::string many;
    for (int i = 0; i < 100; ++i) many += part("a", "b");
    EXPECT_FALSE(read_multipart(request_of(many + end)).has_value());
    EXPECT_FALSE(read_multipart(request_of(part("a", "b"))).has_value()) << "without an end";
    auto long_head = part("a", "b", "\r\nX: " + std::string(4096, 'x'));
    EXPECT_FALSE(read_multipart(request_of(long_head + end)).has_value());
    EXPECT_FALSE(is_multipart(request_of("a=b", "application/x-www-form-urlencoded")));
}

}  // namespace
}  // namespace stagedoor::client
