// AWS Signature Version 4, for requests whose whole body is signed and whose target has no query:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#pragma once

#include <string>

#include "common/http/message.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::pictures {

struct S3Credentials {
    std::string region, access_key, secret_key;
};

// Adds the headers that sign a request to `host`: the ones that it has, its target, percent-encoded already,
// and its body.
void sign(http::Request& request, const std::string& host, const S3Credentials& credentials, Instant now);

}  // namespace stagedoor::pictures
