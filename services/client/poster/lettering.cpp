#include "services/client/poster/lettering.hpp"

#include <fmt/format.h>
#include <hb-ot.h>
#include <hb.h>

#include <cmath>
#include <iterator>
#include <span>
#include <utility>

namespace stagedoor::client::poster {
namespace {

template <auto destroy>
struct Destroy {
    template <class T>
    void operator()(T* object) const {
        destroy(object);
    }
};

// Writes outlines as relative commands, which are the shortest.
struct PathWriter {
    std::string path = {};
    long at_x = 0, at_y = 0;

    // The font is scaled to our units.
    static long right(float units) { return std::lround(units); }
    static long down(float units) { return std::lround(-units); }

    void number(long value, bool first = false) {
        fmt::format_to(std::back_inserter(path), "{}{}", first || value < 0 ? "" : " ", value);
    }
    void move(float to_x, float to_y) {
        at_x = right(to_x);
        at_y = down(to_y);
        path += 'M';
        number(at_x, true);
        number(at_y);
    }
    void line(float to_x, float to_y) {
        auto next_x = right(to_x), next_y = down(to_y);
        if (next_x == at_x && next_y == at_y) return;
        if (next_y == at_y) {
            path += 'h';
            number(next_x - at_x, true);
        } else if (next_x == at_x) {
            path += 'v';
            number(next_y - at_y, true);
        } else {
            path += 'l';
            number(next_x - at_x, true);
            number(next_y - at_y);
        }
        at_x = next_x;
        at_y = next_y;
    }
    void curve(char command, std::initializer_list<std::pair<float, float>> points) {
        path += command;
        auto first = true;
        long next_x = at_x, next_y = at_y;
        for (auto [to_x, to_y] : points) {
            next_x = right(to_x);
            next_y = down(to_y);
            number(next_x - at_x, std::exchange(first, false));
            number(next_y - at_y);
        }
        at_x = next_x;
        at_y = next_y;
    }
};

PathWriter& writer_of(void* data) { return *static_cast<PathWriter*>(data); }

const hb_draw_funcs_t* path_functions() {
    static const hb_draw_funcs_t* functions = [] {
        auto* made = hb_draw_funcs_create();
        hb_draw_funcs_set_move_to_func(
            made, [](auto*, void* data, auto*, float x, float y, void*) { writer_of(data).move(x, y); },
            nullptr, nullptr);
        hb_draw_funcs_set_line_to_func(
            made, [](auto*, void* data, auto*, float x, float y, void*) { writer_of(data).line(x, y); },
            nullptr, nullptr);
        hb_draw_funcs_set_quadratic_to_func(
            made,
            [](auto*, void* data, auto*, float via_x, float via_y, float x, float y, void*) {
                writer_of(data).curve('q', {{via_x, via_y}, {x, y}});
            },
            nullptr, nullptr);
        hb_draw_funcs_set_cubic_to_func(
            made,
            [](auto*, void* data, auto*, float a_x, float a_y, float b_x, float b_y, float x, float y,
               void*) { writer_of(data).curve('c', {{a_x, a_y}, {b_x, b_y}, {x, y}}); },
            nullptr, nullptr);
        hb_draw_funcs_set_close_path_func(
            made, [](auto*, void* data, auto*, void*) { writer_of(data).path += 'z'; }, nullptr, nullptr);
        hb_draw_funcs_make_immutable(made);
        return made;
    }();
    return functions;
}

void draw_glyph(hb_font_t* font, hb_codepoint_t glyph, PathWriter& writer) {
    auto* functions = const_cast<hb_draw_funcs_t*>(path_functions());  // immutable all the same
#if HB_VERSION_ATLEAST(7, 0, 0)
    hb_font_draw_glyph(font, glyph, functions, &writer);
#else
    hb_font_get_glyph_shape(font, glyph, functions, &writer);
#endif
}

}  // namespace

struct Lettering::Font {
    std::unique_ptr<hb_font_t, Destroy<hb_font_destroy>> font;
};

Lettering::Lettering(std::string_view font_file) {
    if (font_file.empty()) return;
    std::unique_ptr<hb_blob_t, Destroy<hb_blob_destroy>> blob{
        hb_blob_create(font_file.data(), static_cast<unsigned>(font_file.size()), HB_MEMORY_MODE_READONLY,
                       nullptr, nullptr)};
    std::unique_ptr<hb_face_t, Destroy<hb_face_destroy>> face{hb_face_create(blob.get(), 0)};
    if (hb_face_get_glyph_count(face.get()) == 0) return;
    auto font = std::make_shared<Font>();
    font->font.reset(hb_font_create(face.get()));
    hb_font_set_scale(font->font.get(), units_per_em, units_per_em);
    hb_position_t capitals = 0;
    if (hb_ot_metrics_get_position(font->font.get(), HB_OT_METRICS_TAG_CAP_HEIGHT, &capitals) != 0)
        cap_height_ = capitals;
    hb_font_make_immutable(font->font.get());
    font_ = std::move(font);
}

std::optional<SetText> Lettering::set(std::string_view text) const {
    if (!font_) return std::nullopt;
    std::unique_ptr<hb_buffer_t, Destroy<hb_buffer_destroy>> buffer{hb_buffer_create()};
    auto length = static_cast<int>(text.size());
    hb_buffer_add_utf8(buffer.get(), text.data(), length, 0, length);
    hb_buffer_guess_segment_properties(buffer.get());
    hb_shape(font_->font.get(), buffer.get(), nullptr, 0);
    if (hb_buffer_get_direction(buffer.get()) != HB_DIRECTION_LTR) return std::nullopt;
    unsigned count = 0;
    std::span glyphs{hb_buffer_get_glyph_infos(buffer.get(), &count), count};
    std::span positions{hb_buffer_get_glyph_positions(buffer.get(), &count), count};
    SetText line;
    for (std::size_t i = 0; i < glyphs.size(); ++i) {
        constexpr hb_codepoint_t missing = 0;
        if (glyphs[i].codepoint == missing) return std::nullopt;
        line.glyphs.push_back({glyphs[i].codepoint, std::lround(line.width) + positions[i].x_offset});
        line.width += positions[i].x_advance;
    }
    return line;
}

std::string Lettering::outline(unsigned glyph) const {
    PathWriter writer;
    draw_glyph(font_->font.get(), glyph, writer);
    return std::move(writer.path);
}

}  // namespace stagedoor::client::poster
