// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#include "common/pictures/s3_signature.hpp"

#include <gtest/gtest.h>

namespace stagedoor::pictures {
namespace {

const S3Credentials credentials{"us-east-1", "AKIAIOSFODNN7EXAMPLE",
                                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

std::string signed_as(http::Request request) {
    sign(request, "examplebucket.s3.amazonaws.com", credentials,
         Instant::parse("2013-05-24T00:00:00Z").value());
    return std::string{request.headers["Authorization"]};
}

TEST(S3Signature, of_a_get_is_the_one_in_the_documentation) {
    EXPECT_EQ(signed_as({.target = "/test.txt", .headers = {{"Range", "bytes=0-9"}}}),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
              "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(S3Signature, of_a_put_is_the_one_in_the_documentation) {
    EXPECT_EQ(signed_as({.method = http::Method::put,
                         .target = "/test%24file.text",
                         .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                     {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                         .body = "Welcome to Amazon S3."}),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
              "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

}  // namespace
}  // namespace stagedoor::pictures
