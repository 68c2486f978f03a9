// Replies of mail servers (RFC 5321, 4.2) and what they mean for an email.
#pragma once

#include <string>
#include <string_view>

namespace stagedoor::outbound {

// A server's latest replies, each of one or several lines. Its goodbye doesn't count: it is about nothing.
class SmtpReply {
  public:
    // `line`: "550-5.1.1 No such user", perhaps with a line break.
    void add(std::string_view line);
    // The latest one with this status, all its lines, without the last line break.
    [[nodiscard]] const std::string& text(int status) const;

  private:
    std::string text_, previous_;  // of a server that has an unusual goodbye
    bool complete_ = true;
};

// Whether a rejection of the recipient or of the content will be the same at every further try: the mailbox
// does not exist or takes no mail. Everything else is about us (our name, address, login, quota or content)
// and can be fixed. With an enhanced code (RFC 3463) those are 5.1.1 to 5.1.3, 5.1.6, 5.1.10 and 5.2.x;
// without one, 550 to 553.
[[nodiscard]] bool is_final_rejection(std::string_view reply);

}  // namespace stagedoor::outbound
