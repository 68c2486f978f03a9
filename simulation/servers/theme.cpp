#include "simulation/servers/theme.hpp"

namespace stagedoor::simulation {

std::shared_ptr<const client::Theme> theme() {
    static const auto parsed =
        std::make_shared<const client::Theme>(client::Assets{client::embedded_assets(), ""}.load());
    return parsed;
}

}  // namespace stagedoor::simulation
