// A server of S3's protocol (testing/s3) as a child process, with one bucket. It refuses wrong signatures.
#pragma once

#include "common/runtime/temporary_folder.hpp"
#include "fleet/process.hpp"

namespace stagedoor::testing {

class S3Server {
  public:
    S3Server();

    static constexpr auto region = "eu-test-1", access_key = "AKIATEST", secret_key = "s3cret of the bucket";
    [[nodiscard]] const std::string& origin() const { return origin_; }
    [[nodiscard]] std::string bucket_url() const { return origin_ + "/pictures"; }

  private:
    runtime::TemporaryFolder folder_;
    fleet::Process process_;
    std::string origin_;
};

}  // namespace stagedoor::testing
