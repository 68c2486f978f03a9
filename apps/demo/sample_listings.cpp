#include "apps/demo/sample_listings.hpp"

#include <date/tz.h>

#include <array>

namespace stagedoor::demo {
namespace {

constexpr int sunday = 0, monday = 1, tuesday = 2, wednesday = 3, friday = 5, saturday = 6;

constexpr SampleDate in_days(int days) { return {.days_ahead = days}; }
constexpr SampleDate tonight = in_days(0);
// The first such weekday at least `days` ahead. A Saturday from day 119 stays the day after a Friday from day
// 118.
constexpr SampleDate on(int weekday, int days) { return {.days_ahead = days, .weekday = weekday}; }
// The next such date that is not today or tomorrow.
constexpr SampleDate every(int month, int day) { return {.days_ahead = 2, .month = month, .day = day}; }

// "Tonight" is a day of the shop's time zone, UTC by default, and Iceland's clocks always show UTC.
constexpr std::array<SampleListing, 8> northlight{{
    {"Northlight Quartet: Late Set", "concert", "29.00", "EUR", "Harpa, Kaldalón", "Reykjavík",
     "Atlantic/Reykjavik", tonight, 22, 0, 60, 4, "Free seating",
     "An hour of Nordic miniatures, over before midnight."},
    {"Northlight Quartet: Late Schubert", "concert", "42.00", "EUR", "Ehrbar Saal", "Vienna", "Europe/Vienna",
     in_days(9), 19, 30, 120, 6, "Parkett, rows 4-12",
     "The quintet in C and the last quartet, with Mira Haas as second cello."},
    {"Northlight Quartet: Bartók Complete, Evening 1", "concert", "38.00", "EUR", "Ehrbar Saal", "Vienna",
     "Europe/Vienna", in_days(23), 19, 30, 140, 6, "Free seating",
     "Quartets one and three; an introduction at seven."},
    {"Northlight Quartet: Bartók Complete, Evening 2", "concert", "38.00", "EUR", "Ehrbar Saal", "Vienna",
     "Europe/Vienna", in_days(24), 19, 30, 140, 6, "Free seating", "Quartets two and five."},
    {"Open Rehearsal with Pastries", "family", "12.50", "EUR", "Ehrbar Saal", "Vienna", "Europe/Vienna",
     on(saturday, 16), 10, 30, 60, 4, "Free seating", "Sit among the players, ask anything, eat something."},
    {"New Year's Matinee: Waltzes for Four", "concert", "65.00", "EUR", "Palais Auersperg", "Vienna",
     "Europe/Vienna", every(1, 1), 11, 0, 200, 8, "Rows 1-20",
     "Strauss, Lanner and a surprise, arranged for string quartet."},
    {"Young Strings Gala", "family", "18.00", "EUR", "MuTh", "Vienna", "Europe/Vienna", on(sunday, 51), 17, 0,
     90, 10, "Balcony", "Forty players under sixteen and one very large double bass."},
    // Also sold by Kino am Park.
    {"Metropolis with Live Piano", "film", "24.00", "EUR", "Kino am Park", "Berlin", "Europe/Berlin",
     in_days(5), 20, 15, 20, 4, "Saal 1, row 1", "The pianist's own seats, so close that you see the keys."},
}};

constexpr std::array<SampleListing, 6> redbrickcomedy{{
    {"Red Brick Comedy: Friday Late Show", "comedy", "16.00", "GBP", "The Red Brick Cellar", "Manchester",
     "Europe/London", on(friday, 4), 22, 0, 80, 8, "Unreserved",
     "Five acts, one compère, no heckling the compère."},
    {"Red Brick Comedy: New Material Monday", "comedy", "5.00", "GBP", "The Red Brick Cellar", "Manchester",
     "Europe/London", on(monday, 7), 20, 0, 80, 8, "Unreserved",
     "Jokes that have never met an audience before."},
    {"Ines Okafor: Perfectly Reasonable", "comedy", "24.50", "GBP", "The Lowry Studio", "Manchester",
     "Europe/London", in_days(33), 20, 0, 150, 6, "Stalls",
     "A tour of one woman, eleven lists and a kettle."},
    {"Improv Marathon: 12 Hours, One Story", "comedy", "20.00", "GBP", "Contact Theatre", "Manchester",
     "Europe/London", on(saturday, 47), 12, 0, 110, 6, "Come and go", "Bring a cushion and a plot twist."},
    {"Red Brick Christmas Special", "comedy", "22.00", "GBP", "Albert Hall", "Manchester", "Europe/London",
     every(12, 19), 19, 30, 240, 8, "Balcony, rows A-F", "Nine acts, mulled wine, a raffle nobody wins."},
    {"Stand-up for Beginners: Graduation Night", "comedy", "8.00", "GBP", "The Red Brick Cellar",
     "Manchester", "Europe/London", in_days(61), 19, 30, 80, 8, "Unreserved",
     "Twelve people, five minutes each, their first time."},
}};

constexpr std::array<SampleListing, 7> harboursound{{
    {"Harbour Sound Festival: Weekend Pass", "festival", "189.00", "USD", "Pier 70", "San Francisco",
     "America/Los_Angeles", on(friday, 118), 12, 0, 500, 4, "General admission",
     "Three days, two stages, forty bands, one ferry."},
    {"Harbour Sound Festival: Saturday", "festival", "79.00", "USD", "Pier 70", "San Francisco",
     "America/Los_Angeles", on(saturday, 119), 12, 0, 400, 6, "General admission",
     "The day of the brass bands."},
    {"Harbour Sound Festival: Sunday", "festival", "74.00", "USD", "Pier 70", "San Francisco",
     "America/Los_Angeles", on(sunday, 120), 12, 0, 400, 6, "General admission",
     "The day of the quiet stage."},
    {"Paper Lanterns, Record Release", "concert", "32.00", "USD", "The Chapel", "San Francisco",
     "America/Los_Angeles", in_days(18), 20, 0, 90, 6, "Standing",
     "The new album from the first note to the last."},
    {"Lola Vance & the Undertow", "concert", "45.00", "USD", "Great American Music Hall", "San Francisco",
     "America/Los_Angeles", in_days(29), 20, 0, 120, 6, "Main floor",
     "Surf guitar, a horn section, and songs about tides."},
    {"Fog City Brass Band, Free-ish Afternoon", "concert", "5.00", "USD", "Golden Gate Bandshell",
     "San Francisco", "America/Los_Angeles", on(sunday, 12), 14, 0, 300, 10, "Benches",
     "Five dollars go to school instruments."},
    {"Night Ferry Techno", "concert", "58.00", "USD", "Ferry Terminal, Gate E", "San Francisco",
     "America/Los_Angeles", on(friday, 75), 22, 30, 150, 4, "On board",
     "Leaves at half past ten whether you are there or not."},
}};

constexpr std::array<SampleListing, 6> oldmillplayers{{
    {"The Cherry Orchard", "theatre", "34.00", "GBP", "Old Mill Theatre", "Bath", "Europe/London",
     in_days(10), 19, 30, 95, 6, "Stalls, rows C-H", "Chekhov in the round; axes heard, never seen."},
    {"The Cherry Orchard (matinee)", "theatre", "26.00", "GBP", "Old Mill Theatre", "Bath", "Europe/London",
     on(saturday, 13), 14, 30, 95, 6, "Stalls, rows C-H", "The same, with tea in the interval."},
    {"A Winter's Tale for Two Actors", "theatre", "28.00", "GBP", "Old Mill Theatre", "Bath", "Europe/London",
     in_days(31), 19, 30, 95, 6, "Stalls", "Sixteen parts, two actors, one bear."},
    {"The Lighthouse Keeper's Daughter", "theatre", "30.00", "GBP", "Theatre Royal, Ustinov Studio", "Bath",
     "Europe/London", in_days(58), 19, 45, 110, 6, "Unreserved",
     "A new play by Tom Ashdown about letters that arrive late."},
    {"Puss in Boots, a Pantomime", "family", "19.50", "GBP", "Old Mill Theatre", "Bath", "Europe/London",
     on(saturday, 20), 15, 0, 95, 10, "Stalls", "Oh yes it is."},
    {"Macbeth, Candlelit", "theatre", "39.00", "GBP", "Bath Abbey Crypt", "Bath", "Europe/London",
     in_days(82), 20, 0, 60, 4, "Unreserved", "Seventy minutes, no interval, bring a coat."},
}};

constexpr std::array<SampleListing, 6> rivercityfc{{
    {"River City FC v Ashford Rovers", "sport", "27.00", "GBP", "Weir Lane", "Ashford", "Europe/London",
     on(saturday, 6), 15, 0, 250, 8, "North Stand", "Second against third with everything to play for."},
    {"River City FC v Dunmore Athletic", "sport", "24.00", "GBP", "Weir Lane", "Ashford", "Europe/London",
     on(saturday, 20), 15, 0, 250, 8, "North Stand", "Under the lights if the fog comes."},
    {"River City FC Women v Hallam Town", "sport", "12.00", "GBP", "Weir Lane", "Ashford", "Europe/London",
     on(sunday, 14), 13, 0, 250, 10, "Main Stand", "Top of the table, kick-off at one."},
    {"River City FC v Port Lyndon, Cup", "sport", "31.00", "GBP", "Weir Lane", "Ashford", "Europe/London",
     on(wednesday, 34), 19, 45, 180, 4, "East Terrace", "Third round. Penalties if needed."},
    {"Boxing Day Derby", "sport", "36.00", "GBP", "Weir Lane", "Ashford", "Europe/London", every(12, 26), 12,
     30, 120, 4, "North Stand", "Arrive early, leave friends."},
    {"Family Day: River City FC v Calder Vale", "family", "9.00", "GBP", "Weir Lane", "Ashford",
     "Europe/London", on(saturday, 48), 15, 0, 150, 8, "Family Stand",
     "Face paint, penalty shoot-out at half-time, nobody over twelve pays more."},
}};

constexpr std::array<SampleListing, 6> kinoampark{{
    {"Metropolis with Live Piano", "film", "17.00", "EUR", "Kino am Park", "Berlin", "Europe/Berlin",
     in_days(5), 20, 15, 140, 6, "Saal 1", "The restored print; at the piano Clara Winter."},
    {"Midnight Horror Double", "film", "14.00", "EUR", "Kino am Park", "Berlin", "Europe/Berlin",
     on(friday, 11), 23, 30, 140, 6, "Saal 1", "Two films drawn from a hat at midnight."},
    {"The Complete Trilogy, One Sunday", "film", "29.00", "EUR", "Kino am Park", "Berlin", "Europe/Berlin",
     on(sunday, 27), 10, 0, 140, 4, "Saal 1", "Eleven hours with breaks for soup."},
    {"Silent Comedies for Children", "family", "7.50", "EUR", "Kino am Park", "Berlin", "Europe/Berlin",
     on(sunday, 13), 11, 0, 90, 10, "Saal 2", "Chaplin, Keaton and a foley artist with a box of spoons."},
    {"Short Film Award Night", "film", "12.00", "EUR", "Kino am Park", "Berlin", "Europe/Berlin", in_days(44),
     19, 0, 140, 6, "Saal 1", "Nine shorts, one jury, your vote counts double."},
    {"Analogue Week: 70 mm", "film", "22.00", "EUR", "Zoo Palast", "Berlin", "Europe/Berlin", in_days(66), 19,
     30, 200, 6, "Parkett", "A print that was thought lost until last spring."},
}};

constexpr std::array<SampleListing, 7> bluelanternjazz{{
    {"Blue Lantern Trio", "concert", "25.00", "USD", "Blue Lantern", "New York", "America/New_York",
     in_days(3), 21, 0, 55, 6, "Tables", "Two sets; the second one is the long one."},
    {"Big Band Tuesday", "concert", "30.00", "USD", "Blue Lantern", "New York", "America/New_York",
     on(tuesday, 8), 20, 0, 55, 6, "Tables", "Seventeen players on a stage for nine."},
    {"Nadia Reyes Sings Gershwin", "concert", "55.00", "USD", "Blue Lantern", "New York", "America/New_York",
     in_days(15), 20, 30, 55, 4, "Tables", "With strings on three of the songs."},
    {"Jazz Brunch with the Delancey Five", "concert", "35.00", "USD", "Blue Lantern", "New York",
     "America/New_York", on(sunday, 12), 11, 30, 55, 6, "Tables", "Coffee included, so is the applause."},
    {"Tribute to Mary Lou Williams", "concert", "40.00", "USD", "Blue Lantern", "New York",
     "America/New_York", in_days(36), 20, 30, 55, 6, "Tables", "Zodiac Suite, complete."},
    {"New Year's Eve at the Blue Lantern", "concert", "140.00", "USD", "Blue Lantern", "New York",
     "America/New_York", every(12, 31), 21, 0, 50, 4, "Tables, supper included",
     "Three bands, one midnight."},
    {"All-Night Jam", "concert", "15.00", "USD", "Blue Lantern", "New York", "America/New_York",
     on(saturday, 53), 23, 0, 55, 4, "Bar", "Bring a horn and get in for half; this is the other half."},
}};

constexpr std::array<SampleListing, 5> cirquedulac{{
    {"Cirque du Lac: Tides", "family", "48.00", "CHF", "Plaine de Plainpalais", "Geneva", "Europe/Zurich",
     on(friday, 19), 18, 0, 300, 8, "Gradins", "Twelve acrobats and two tonnes of water."},
    {"Cirque du Lac: Tides (matinee)", "family", "39.00", "CHF", "Plaine de Plainpalais", "Geneva",
     "Europe/Zurich", on(saturday, 20), 14, 0, 300, 8, "Gradins", "Shorter, louder, earlier."},
    {"Cirque du Lac: Loge de Piste", "family", "95.00", "CHF", "Plaine de Plainpalais", "Geneva",
     "Europe/Zurich", on(saturday, 20), 18, 0, 40, 4, "Ringside box", "So near that you may get wet."},
    {"Juggling Convention Gala", "other", "27.00", "CHF", "Salle Communale", "Geneva", "Europe/Zurich",
     in_days(70), 20, 0, 180, 8, "Unreserved", "Everything that can be thrown."},
    {"Clowns' Night Off", "theatre", "33.00", "CHF", "Théâtre de Carouge", "Geneva", "Europe/Zurich",
     in_days(90), 20, 0, 120, 6, "Parterre", "What they do when nobody is looking. Not for children."},
}};

constexpr std::array<SampleListing, 5> moonviewhall{{
    {"Moonview Hall: Koto and Electronics", "concert", "5500", "JPY", "Moonview Hall", "Tokyo", "Asia/Tokyo",
     in_days(17), 19, 0, 120, 4, "S seats", "Yui Tanabe and a table full of cables."},
    {"Moonview Hall: Mahler 4", "concert", "8800", "JPY", "Moonview Hall", "Tokyo", "Asia/Tokyo", in_days(30),
     18, 30, 160, 4, "A seats", "Tokyo Chamber Philharmonic, soprano Aya Mori."},
    {"Rakugo Evening", "comedy", "3200", "JPY", "Suehirotei", "Tokyo", "Asia/Tokyo", in_days(22), 18, 0, 70,
     4, "Tatami", "Three storytellers; English summaries on paper."},
    {"Summer Taiko Preview", "festival", "4000", "JPY", "Ueno Park Stage", "Tokyo", "Asia/Tokyo",
     every(5, 23), 16, 0, 250, 6, "Lawn", "Drums that you hear with your stomach."},
    {"Robot Film Night", "film", "2400", "JPY", "Cinema Rosa", "Tokyo", "Asia/Tokyo", in_days(40), 21, 0, 90,
     4, "Free seating", "Five decades of machines that want to be people."},
}};

constexpr std::array<SampleListing, 6> lakeshoremarathon{{
    {"Lakeshore Marathon: Start Place", "sport", "115.00", "USD", "Grant Park", "Chicago", "America/Chicago",
     on(sunday, 150), 7, 30, 900, 1, "Wave C",
     "One start place, chip included; no transfer after collection."},
    {"Lakeshore Half Marathon: Start Place", "sport", "75.00", "USD", "Grant Park", "Chicago",
     "America/Chicago", on(sunday, 150), 8, 30, 700, 1, "Wave F", "The flat half."},
    {"Lakeshore 5K and Pancakes", "sport", "28.00", "USD", "Grant Park", "Chicago", "America/Chicago",
     on(saturday, 149), 9, 0, 400, 6, "All waves", "Pancakes at the end, also for the last."},
    {"Velodrome Six Days, Night 1", "sport", "33.00", "USD", "Northbrook Velodrome", "Chicago",
     "America/Chicago", on(tuesday, 63), 18, 0, 220, 6, "Straight, rows 1-8", "Madison at nine."},
    {"Velodrome Six Days, Final", "sport", "44.00", "USD", "Northbrook Velodrome", "Chicago",
     "America/Chicago", on(sunday, 68), 18, 0, 220, 6, "Straight, rows 1-8",
     "Whoever is ahead by a lap wins. Usually."},
    {"Roller Derby Winter Bout", "sport", "18.00", "USD", "UIC Pavilion", "Chicago", "America/Chicago",
     every(1, 23), 19, 0, 260, 8, "Bleachers", "Skaters have better names than you."},
}};

constexpr std::array<SampleListing, 5> starlightdrivein{{
    {"Starlight Drive-In: Space Opera Night", "film", "26.00", "CAD", "Starlight Drive-In", "Hamilton",
     "America/Toronto", in_days(21), 19, 0, 150, 2, "Per car, up to five people",
     "Radio on 94.1, popcorn at the window."},
    {"Starlight Drive-In: Family Sing-Along", "family", "24.00", "CAD", "Starlight Drive-In", "Hamilton",
     "America/Toronto", on(saturday, 28), 18, 0, 150, 2, "Per car", "Horns may be used on the refrain."},
    {"Starlight Drive-In: Winter Classics", "film", "26.00", "CAD", "Starlight Drive-In", "Hamilton",
     "America/Toronto", every(1, 16), 18, 30, 150, 2, "Per car", "Blankets to borrow, chains advised."},
    {"Ice Hockey: Steelcats v Bisons", "sport", "39.00", "CAD", "FirstOntario Centre", "Hamilton",
     "America/Toronto", in_days(16), 19, 0, 200, 6, "Section 112", "The two that don't like each other."},
    {"Ice Hockey: Steelcats v Wolves", "sport", "34.00", "CAD", "FirstOntario Centre", "Hamilton",
     "America/Toronto", in_days(37), 19, 0, 200, 6, "Section 112", "Teddy bear toss: bring one."},
}};

constexpr std::array<SampleListing, 8> quietrooms{{
    {"A Talk about Slow Things", "other", "11.00", "AUD", "State Library", "Sydney", "Australia/Sydney",
     in_days(24), 18, 0, 130, 4, "Unreserved", "A clockmaker, a baker and a glaciologist."},
    {"Poetry in the Planetarium", "other", "18.00", "AUD", "Sydney Observatory", "Sydney", "Australia/Sydney",
     in_days(35), 20, 0, 45, 2, "Reclining seats", "Lie back; somebody reads; the sky turns."},
    {"Harbour Swim and Breakfast", "sport", "22.00", "AUD", "Nielsen Park", "Sydney", "Australia/Sydney",
     in_days(14), 6, 30, 80, 4, "Beach", "One kilometre, then eggs."},
    {"Life Drawing for People Who Can't", "other", "29.00", "AUD", "The Quiet Rooms", "Sydney",
     "Australia/Sydney", in_days(8), 18, 30, 18, 2, "Easel included", "Charcoal, wine, encouragement."},
    {"Ghosts of the Rocks, Lantern Walk", "other", "25.00", "AUD", "Cadmans Cottage", "Sydney",
     "Australia/Sydney", in_days(19), 20, 30, 24, 6, "Meeting point", "Two hours, four pubs, seven ghosts."},
    {"Cabaret at the Quiet Rooms", "theatre", "49.00", "AUD", "The Quiet Rooms", "Sydney", "Australia/Sydney",
     in_days(56), 20, 0, 60, 4, "Tables", "Songs that should not be sung this loudly."},
    {"Outdoor Opera: La Traviata", "concert", "129.00", "AUD", "Mrs Macquaries Point", "Sydney",
     "Australia/Sydney", on(saturday, 110), 19, 30, 180, 6, "Platinum",
     "Fireworks in act one, tears in act three."},
    {"Lawn Seats: La Traviata", "concert", "59.00", "AUD", "Mrs Macquaries Point", "Sydney",
     "Australia/Sydney", on(saturday, 110), 19, 30, 320, 8, "Lawn", "Bring a rug and the good cheese."},
}};

constexpr std::array<SampleListing, 5> nuitblanche{{
    {"Nuit Blanche: Gallery Night Pass", "festival", "20.00", "EUR", "Le Marais, 14 galleries", "Paris",
     "Europe/Paris", on(saturday, 45), 18, 0, 350, 6, "Pass",
     "One bracelet, fourteen doors, open until two."},
    {"Chanson in the Courtyard", "concert", "27.00", "EUR", "Hôtel de Sully", "Paris", "Europe/Paris",
     in_days(32), 20, 30, 70, 4, "Chairs", "Three voices, one accordion, no microphones."},
    {"Cyrano, in Verse and in French", "theatre", "36.00", "EUR", "Théâtre de la Ville", "Paris",
     "Europe/Paris", in_days(54), 20, 0, 130, 6, "Orchestre", "With surtitles; the nose is real."},
    {"Concours de Pétanque, Finals", "sport", "6.00", "EUR", "Arènes de Lutèce", "Paris", "Europe/Paris",
     on(sunday, 77), 15, 0, 200, 10, "Steps", "Silence at the decisive throw."},
    {"Wine and Vinyl", "other", "34.00", "EUR", "Cave Oberkampf", "Paris", "Europe/Paris", in_days(10), 19, 0,
     28, 2, "Counter", "Six glasses, six records, one argument."},
}};

constexpr std::array<SampleSeller, 13> sellers{{
    {"boxoffice@northlight.example", "Northlight Quartet", northlight},
    {"hello@redbrickcomedy.example", "Red Brick Comedy", redbrickcomedy},
    {"tickets@harboursound.example", "Harbour Sound", harboursound},
    {"season@oldmillplayers.example", "Old Mill Players", oldmillplayers},
    {"members@rivercityfc.example", "River City FC", rivercityfc},
    {"kasse@kinoampark.example", "Kino am Park", kinoampark},
    {"dates@bluelanternjazz.example", "Blue Lantern Jazz", bluelanternjazz},
    {"bureau@cirquedulac.example", "Cirque du Lac", cirquedulac},
    {"tokyo@moonviewhall.example", "Moonview Hall", moonviewhall},
    {"office@lakeshoremarathon.example", "Lakeshore Marathon", lakeshoremarathon},
    {"crew@starlightdrivein.example", "Starlight Drive-in", starlightdrivein},
    {"bookings@quietrooms.example", "Quiet Rooms", quietrooms},
    {"atelier@nuitblanche.example", "Atelier Nuit Blanche", nuitblanche},
}};

bool fits(const SampleDate& wanted, date::local_days day) {
    if (wanted.weekday) return date::weekday{day}.c_encoding() == static_cast<unsigned>(*wanted.weekday);
    if (wanted.month == 0) return true;
    date::year_month_day date{day};
    return date.month() == date::month{static_cast<unsigned>(wanted.month)} &&
           date.day() == date::day{static_cast<unsigned>(wanted.day)};
}

}  // namespace

std::span<const SampleSeller> sample_sellers() { return sellers; }

Instant starts_at(const SampleListing& listing, Instant now) {
    using namespace std::chrono;
    auto today = floor<date::days>(date::local_time<milliseconds>{milliseconds{now.milliseconds}});
    const auto* zone = date::locate_zone(std::string{listing.time_zone});
    auto start_on = [&](date::local_days day) {
        auto time = zone->to_sys(day + hours{listing.hour} + minutes{listing.minute}, date::choose::earliest);
        return Instant{duration_cast<milliseconds>(time.time_since_epoch()).count()};
    };
    auto day = today + date::days{listing.date.days_ahead};
    while (!fits(listing.date, day) || start_on(day) < now + hours{1}) day += date::days{1};
    return start_on(day);
}

}  // namespace stagedoor::demo
