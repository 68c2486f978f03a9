// The icon that Apple Wallet demands, 29 and 58 pixels square: PNG, as base64url text.
#pragma once

#include <string_view>

namespace stagedoor::admissions::wallet {

inline constexpr std::string_view icon =
    "iVBORw0KGgoAAAANSUhEUgAAAB0AAAAdCAIAAADZ8fBYAAAAQklEQVR42mOQkVaiBWIYNXfU3OFi7rePzylE9DWXEqMJhy_lhuKM"
    "NwoNHR7m0iR8aZIehlq-oGF-Gy0nR80dSuYCAD_LUk7jLkKBAAAAAElFTkSuQmCC";

inline constexpr std::string_view icon_twice =
    "iVBORw0KGgoAAAANSUhEUgAAADoAAAA6CAIAAABu2d1_AAAAb0lEQVR42u3YsQ2AQAwDwN8DKvbfi5qG-lcAUWDDSRngKjvJWJet"
    "aAYuLi4uLi4uLi7u77jnsScMLi5uFPdF99PczbFerYkQ641WS7Di4uJGcZuCrKkmOkrYRoaLi_ud48fTCRcXFxcXFxcXt5o7AZ8o"
    "GiwjYGnYAAAAAElFTkSuQmCC";

}  // namespace stagedoor::admissions::wallet
