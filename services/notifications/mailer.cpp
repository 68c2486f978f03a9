#include "services/notifications/mailer.hpp"

#include <filesystem>
#include <fstream>

#include "common/http/message.hpp"

namespace stagedoor::notifications {
namespace {

class MailServer final : public Mailer {
  public:
    MailServer(const Settings& settings, outbound::Transport& outbound)
        : server_{.url = settings.smtp_url,
                  .demand_tls = settings.smtp_demand_tls,
                  .user = settings.smtp_user,
                  .password = settings.smtp_password},
          outbound_(outbound) {}

    Task<> deliver(const std::string&, outbound::Email letter) override {
        return outbound_.deliver(server_, std::move(letter));
    }

  private:
    outbound::SmtpServer server_;
    outbound::Transport& outbound_;
};

class MailFolder final : public Mailer {
  public:
    explicit MailFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
    }

    // Nobody sees half a file; the disk writes it when it likes, since the mail itself is a row of the database.
    Task<> deliver(const std::string& id, outbound::Email letter) override {
        auto path = folder_ / (http::percent_encode(id) + ".eml");
        auto unfinished = path;
        unfinished += ".part";
        std::ofstream file{unfinished, std::ios::binary};
        file << letter.message;
        file.close();
        if (!file) throw std::runtime_error("can't write " + unfinished.string());
        std::filesystem::rename(unfinished, path);
        co_return;
    }

  private:
    std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<Mailer> make_mailer(const Settings& settings, outbound::Transport& outbound) {
    if (settings.smtp_url.empty())
        return std::make_unique<MailFolder>(std::filesystem::path{settings.data} / "mails");
    return std::make_unique<MailServer>(settings, outbound);
}

}  // namespace stagedoor::notifications
