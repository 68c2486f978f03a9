// A certificate authority for the programs of one machine, by openssl.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace stagedoor::fleet {

struct CertificateFiles {
    std::string certificate, key;  // PEM
};

// How one program proves who it is, and whom it believes.
struct Identity {
    std::string ca_file;
    CertificateFiles own;
};

class CertificateAuthority {
  public:
    // Makes a new key and certificate in `folder`, which replace those that are there.
    explicit CertificateAuthority(std::filesystem::path folder);

    // The CA's own certificate.
    [[nodiscard]] std::string file() const;

    // A new certificate, NAME.pem and NAME.key, of a server and client with these names
    // ("DNS:orders", "IP:127.0.0.1"). With negative `days` it has expired.
    CertificateFiles issue(const std::string& name, const std::vector<std::string>& names,
                           int days = 365) const;

  private:
    [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

    std::filesystem::path folder_;
};

}  // namespace stagedoor::fleet
