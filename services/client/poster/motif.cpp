#include "services/client/poster/motif.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>
#include <numbers>

#include "services/client/poster/poster.hpp"

namespace stagedoor::client::poster {
namespace {

constexpr double turn = 2 * std::numbers::pi;

struct Scene {
    Canvas& canvas;
    const Palette& palette;
    int height;
    Choices& choices;

    [[nodiscard]] const std::string& colour(int index) const {
        return index % 3 == 0 ? palette.middle : index % 3 == 1 ? palette.bright : palette.letters;
    }
};

// A record, larger than the poster.
void record(Scene& scene) {
    auto x = scene.choices.between(150, 1050), y = scene.choices.between(scene.height / 4, scene.height);
    auto rings = scene.choices.between(5, 9);
    auto radius = scene.choices.between(720, 980);
    scene.canvas.circle(x, y, radius, scene.palette.middle);
    auto step = (radius - 220) / rings;
    for (int i = 1; i <= rings; ++i)
        scene.canvas.ring(x, y, radius - i * step, scene.choices.between(6, step / 2), scene.palette.ground);
    scene.canvas.circle(x, y, 210, scene.palette.bright);
    scene.canvas.circle(x, y, 34, scene.palette.ground);
}

// Sound as bars.
void bars(Scene& scene) {
    auto count = scene.choices.between(7, 13);
    auto pitch = poster_width / count, bar = pitch * scene.choices.between(55, 80) / 100;
    auto phase = scene.choices.between(0, 99) / 100.0;
    auto highlight = scene.choices.between(0, count - 1);
    for (int i = 0; i < count; ++i) {
        auto wave = std::abs(std::sin((phase + 1.3 * i / count) * turn));
        auto size = static_cast<int>(scene.height * (0.18 + 0.52 * wave)) + scene.choices.between(0, 220);
        auto x = i * pitch + (pitch - bar) / 2;
        scene.canvas.rectangle(x, (scene.height - size) / 2 + 60, bar, size,
                               i == highlight ? scene.palette.letters : scene.colour(i % 2), bar / 2);
    }
}

void concert(Scene& scene) { scene.choices.one_in(2) ? record(scene) : bars(scene); }

// A curtain that opens on a light.
void theatre(Scene& scene) {
    auto middle = scene.choices.between(480, 720);
    auto radius = scene.choices.between(300, 420);
    scene.canvas.path(fmt::format("M{} 0h120l{} {}h-{}z", middle - 60, radius - 60, scene.height, radius * 2),
                      scene.palette.middle);
    scene.canvas.path(fmt::format("M{} {}a{} {} 0 0 1 {} 0z", middle - radius, scene.height, radius,
                                  radius * 9 / 10, radius * 2),
                      scene.palette.bright);
    auto folds = scene.choices.between(4, 6);
    auto fold = 640 / folds;
    for (int i = folds; i-- > 0;) {
        auto drop = scene.height - scene.height * i * i / (folds * folds) * 3 / 4;
        auto& colour = i % 2 == 0 ? scene.palette.letters : scene.palette.middle;
        for (auto x : {i * fold, poster_width - (i + 1) * fold})
            scene.canvas.path(fmt::format("M{} 0v{}q{} 90 {} 0v-{}z", x, drop, fold / 2, fold, drop), colour);
    }
}

// A laughing face, close up.
void comedy(Scene& scene) {
    auto x = scene.choices.between(420, 780), radius = scene.choices.between(500, 600);
    auto y = scene.height / 2 + scene.choices.between(-60, 40);
    scene.canvas.circle(x, y, radius, scene.palette.bright);
    auto eye = scene.choices.between(60, 90), apart = scene.choices.between(170, 230);
    auto winks = scene.choices.one_in(3);
    scene.canvas.circle(x - apart, y - 130, eye, scene.palette.ground);
    if (winks)
        scene.canvas.rectangle(x + apart - eye, y - 150, eye * 2, 44, scene.palette.ground, 22);
    else
        scene.canvas.circle(x + apart, y - 130, eye, scene.palette.ground);
    auto mouth = scene.choices.between(250, 340);
    scene.canvas.path(fmt::format("M{} {}a{} {} 0 0 0 {} 0z", x - mouth, y + 60, mouth, mouth, mouth * 2),
                      scene.palette.ground);
    scene.canvas.path(fmt::format("M{} {}a{} {} 0 0 1 {} 0z", x - mouth / 2, y + 60 + mouth * 4 / 5,
                                  mouth / 2, mouth / 3, mouth),
                      scene.palette.middle);
}

// The lanes of a track.
void sport(Scene& scene) {
    auto lanes = scene.choices.between(5, 8), lane = scene.choices.between(70, 110);
    auto x = scene.choices.between(-200, 300), y = scene.height + scene.choices.between(-250, 150);
    auto inner = scene.choices.between(180, 300);
    for (int i = 0; i < lanes; ++i)
        scene.canvas.ring(x, y, inner + i * (lane + 26), lane,
                          i % 3 == 2 ? scene.palette.letters : scene.colour(i % 2));
    scene.canvas.circle(poster_width - scene.choices.between(180, 320), scene.choices.between(200, 360),
                        scene.choices.between(90, 170), scene.palette.letters);
}

// A sun with its rays.
void festival(Scene& scene) {
    auto x = scene.choices.between(300, 900), y = scene.height - scene.choices.between(0, 260);
    auto rays = scene.choices.between(9, 15);
    constexpr int far = 2400;
    std::string data;
    auto shift = scene.choices.between(0, 99) / 100.0;
    for (int i = 0; i < rays; ++i) {
        auto from = (i + shift) / rays * turn, to = (i + shift + 0.5) / rays * turn;
        fmt::format_to(std::back_inserter(data), "M{} {}L{} {} {} {}z", x, y,
                       x + static_cast<int>(far * std::cos(from)), y + static_cast<int>(far * std::sin(from)),
                       x + static_cast<int>(far * std::cos(to)), y + static_cast<int>(far * std::sin(to)));
    }
    scene.canvas.path(data, scene.palette.middle);
    auto radius = scene.choices.between(260, 380);
    scene.canvas.circle(x, y, radius, scene.palette.bright);
    if (scene.choices.one_in(2)) scene.canvas.circle(x, y, radius * 2 / 3, scene.palette.letters);
}

// Building blocks.
void family(Scene& scene) {
    constexpr int columns = 4, cell = poster_width / columns;
    for (int row = 0; row * cell < scene.height; ++row) {
        for (int column = 0; column < columns; ++column) {
            auto x = column * cell, y = row * cell;
            auto& colour = scene.colour(scene.choices.between(0, 2));
            switch (scene.choices.between(0, 5)) {
                case 0:
                    scene.canvas.circle(x + cell / 2, y + cell / 2, cell / 2, colour);
                    break;
                case 1:
                    scene.canvas.rectangle(x, y, cell, cell, colour);
                    break;
                case 2:
                    scene.canvas.path(fmt::format("M{0} {1}h{2}a{2} {2} 0 0 1-{2} {2}z", x, y, cell), colour);
                    break;
                case 3:
                    scene.canvas.path(fmt::format("M{} {}v-{}a{} {} 0 0 1 {} {}z", x, y + cell, cell, cell,
                                                  cell, cell, cell),
                                      colour);
                    break;
                case 4:
                    scene.canvas.path(fmt::format("M{} {}h{}a{} {} 0 0 0-{} 0z", x, y + cell, cell, cell / 2,
                                                  cell / 2, cell),
                                      colour);
                    break;
                default:
                    break;
            }
        }
    }
}

// A projector's beam between two strips of film.
void film(Scene& scene) {
    auto from_left = scene.choices.one_in(2);
    auto y = scene.choices.between(120, 300), spread = scene.choices.between(500, 760);
    auto x = from_left ? 180 : poster_width - 180;
    scene.canvas.path(fmt::format("M{} {}L{} {}v{}z", x, y, from_left ? poster_width : 0,
                                  scene.height - spread / 2, spread),
                      scene.palette.middle);
    scene.canvas.circle(from_left ? poster_width - 330 : 330, scene.height - scene.choices.between(260, 420),
                        scene.choices.between(220, 300), scene.palette.bright);
    constexpr int strip = 130, hole = 70;
    for (auto left : {0, poster_width - strip}) {
        scene.canvas.rectangle(left, 0, strip, scene.height, scene.palette.letters);
        std::string holes;
        for (int top = 30; top + hole < scene.height; top += 2 * hole)
            fmt::format_to(std::back_inserter(holes), "M{} {}h{}v{}h-{}z", left + (strip - hole) / 2, top,
                           hole, hole, hole);
        scene.canvas.path(holes, scene.palette.ground);
    }
}

// Waves.
void other(Scene& scene) {
    auto count = scene.choices.between(4, 7), pitch = scene.height / count;
    auto length = poster_width / scene.choices.between(2, 4),
         rise = pitch * scene.choices.between(40, 90) / 100;
    auto offset = scene.choices.between(0, length);
    for (int i = 0; i < count; ++i) {
        std::string data = fmt::format("M-{} {}", offset + (i % 2) * length / 2, i * pitch + pitch / 3);
        auto waves = (poster_width + 2 * length + offset) / length;
        fmt::format_to(std::back_inserter(data), "q{} -{} {} 0", length / 2, rise, length);
        for (int wave = 1; wave < waves; ++wave) fmt::format_to(std::back_inserter(data), "t{} 0", length);
        fmt::format_to(std::back_inserter(data), "V{}H0z", scene.height);
        scene.canvas.path(data, i % 2 == 0 ? scene.palette.middle : scene.palette.bright);
    }
    scene.canvas.circle(scene.choices.between(250, 950), pitch * 2 / 3, scene.choices.between(90, 150),
                        scene.palette.letters);
}

struct Grammar {
    std::string_view category;
    void (*draw)(Scene&);
};
constexpr auto grammars = std::to_array<Grammar>({{"concert", concert},
                                                  {"theatre", theatre},
                                                  {"comedy", comedy},
                                                  {"sport", sport},
                                                  {"festival", festival},
                                                  {"family", family},
                                                  {"film", film},
                                                  {"other", other}});

}  // namespace

// FNV-1a, then SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
Choices::Choices(std::string_view seed) : state_(14'695'981'039'346'656'037U) {
    for (auto c : seed) state_ = (state_ ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
}

int Choices::between(int first, int last) {
    auto bits = (state_ += 0x9e3779b97f4a7c15U);
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31U;
    if (last <= first) return first;
    return first + static_cast<int>(bits % static_cast<std::uint64_t>(last - first + 1));
}

void Canvas::circle(int x, int y, int radius, const std::string& fill) {
    fmt::format_to(std::back_inserter(svg), R"(<circle cx="{}" cy="{}" r="{}" fill="{}"/>)", x, y, radius,
                   fill);
}
void Canvas::ring(int x, int y, int radius, int thickness, const std::string& stroke) {
    fmt::format_to(std::back_inserter(svg),
                   R"(<circle cx="{}" cy="{}" r="{}" fill="none" stroke="{}" stroke-width="{}"/>)", x, y,
                   radius, stroke, thickness);
}
void Canvas::rectangle(int x, int y, int width, int height, const std::string& fill, int corner) {
    fmt::format_to(std::back_inserter(svg),
                   R"(<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{}"/>)", x, y, width, height,
                   corner, fill);
}
void Canvas::path(std::string_view data, const std::string& fill) {
    fmt::format_to(std::back_inserter(svg), R"(<path d="{}" fill="{}"/>)", data, fill);
}

void draw_motif(Canvas& canvas, std::string_view category, const Palette& palette, int height,
                Choices& choices) {
    Scene scene{canvas, palette, height, choices};
    for (const auto& grammar : grammars)
        if (grammar.category == category) return grammar.draw(scene);
    other(scene);
}

}  // namespace stagedoor::client::poster
