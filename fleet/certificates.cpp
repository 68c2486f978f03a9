#include "fleet/certificates.hpp"

#include <fstream>
#include <stdexcept>

#include "fleet/process.hpp"

namespace stagedoor::fleet {
namespace {

void openssl(const std::vector<std::string>& arguments) {
    auto ended = run("/usr/bin/openssl", arguments);
    if (ended.exit.code != 0) throw std::runtime_error("openssl can't make a certificate:\n" + ended.errors);
}

const std::vector<std::string> new_key{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"};

}  // namespace

CertificateAuthority::CertificateAuthority(std::filesystem::path folder)
    : folder_(std::filesystem::absolute(std::move(folder))) {
    std::filesystem::create_directories(folder_);
    std::vector<std::string> arguments{"req", "-x509"};
    arguments.insert(arguments.end(), new_key.begin(), new_key.end());
    arguments.insert(arguments.end(),
                     {"-keyout", path("ca.key"), "-out", file(), "-days", "3650", "-subj",
                      "/CN=Stagedoor on this machine", "-addext", "keyUsage=critical,keyCertSign"});
    openssl(arguments);
}

std::string CertificateAuthority::file() const { return path("ca.pem"); }

CertificateFiles CertificateAuthority::issue(const std::string& name, const std::vector<std::string>& names,
                                             int days) const {
    CertificateFiles made{path(name + ".pem"), path(name + ".key")};
    std::ofstream extensions{path(name + ".ext")};
    extensions << "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n";
    for (const auto& each : names) extensions << (&each == &names.front() ? "subjectAltName=" : ",") << each;
    extensions.close();
    std::vector<std::string> arguments{"req"};
    arguments.insert(arguments.end(), new_key.begin(), new_key.end());
    arguments.insert(arguments.end(),
                     {"-keyout", made.key, "-out", path(name + ".csr"), "-subj", "/CN=" + name});
    openssl(arguments);
    openssl({"x509", "-req", "-in", path(name + ".csr"), "-CA", file(), "-CAkey", path("ca.key"),
             "-CAcreateserial", "-days", std::to_string(days), "-extfile", path(name + ".ext"), "-out",
             made.certificate});
    return made;
}

}  // namespace stagedoor::fleet
