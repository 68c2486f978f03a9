#include "simulation/servers/plain_passwords.hpp"

namespace stagedoor::simulation {
namespace {

class PlainPasswords final : public security::Passwords {
  public:
    Task<std::string> hash(std::string password) override { co_return hashed(password); }
    Task<bool> matches(std::string password, std::string hash) override {
        co_return hashed(password) == hash;
    }
    void close() override {}

  private:
    static std::string hashed(const std::string& password) { return "not hashed: " + password; }
};

}  // namespace

std::unique_ptr<security::Passwords> make_plain_passwords() { return std::make_unique<PlainPasswords>(); }

}  // namespace stagedoor::simulation
