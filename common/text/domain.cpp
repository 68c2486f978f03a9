#include "common/text/domain.hpp"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "common/text/ascii.hpp"
#include "common/text/utf8.hpp"
#include "common/text/visible.hpp"

namespace stagedoor::text {

std::optional<std::string> to_ascii_domain(std::string_view text) {
    if (is_ascii(text)) return to_lower(text);
    std::string domain{text};
    // The mapping would drop hidden characters.
    if (!is_utf8(domain) || domain.contains('\0') || first_hidden(domain)) return std::nullopt;
    char* mapped = nullptr;
    auto result = idn2_to_ascii_8z(domain.c_str(), &mapped, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    std::unique_ptr<char, decltype([](char* each) { idn2_free(each); })> owned{mapped};
    if (result != IDN2_OK) return std::nullopt;
    return std::string{mapped};
}

std::optional<std::string> with_ascii_domain(std::string_view address) {
    auto at = address.rfind('@');
    if (at == std::string_view::npos) return std::nullopt;
    auto domain = to_ascii_domain(address.substr(at + 1));
    if (!domain) return std::nullopt;
    return std::string{address.substr(0, at + 1)} + *domain;
}

}  // namespace stagedoor::text
