#include "common/http/network.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace stagedoor::http {

std::string network_of(std::string_view address) {
    boost::system::error_code error;
    auto parsed = boost::asio::ip::make_address(address, error);
    if (error || !parsed.is_v6()) return std::string{address};
    auto v6 = parsed.to_v6();
    if (v6.is_v4_mapped())
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), 0);
    return boost::asio::ip::make_address_v6(bytes).to_string() + "/64";
}

}  // namespace stagedoor::http
