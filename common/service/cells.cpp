#include "common/service/cells.hpp"

#include "common/runtime/mutation.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor {

std::optional<int> Cells::of(std::string_view id) const {
    auto first = addresses.begin()->first;
    auto made = runtime::uuid_time(id);
    if (!made || *made < since || runtime::mutated(Mutation::cell_ignored)) return first;
    auto cell = runtime::uuid_cell(id);
    return addresses.contains(*cell) ? cell : std::nullopt;
}

}  // namespace stagedoor
