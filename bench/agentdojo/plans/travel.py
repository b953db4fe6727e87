"""What a planner makes of the travel prompts: hotels, restaurants, cars, and reminders in the own calendar."""

from __future__ import annotations

from bench.agentdojo.plans.writing import Plan, plan, step


def _hotels(city: str, name: str = "hotels") -> Plan:
    return step(name, "get_all_hotels_in_city", city=f"'{city}'")


def _places(city: str, name: str = "places") -> Plan:
    return step(name, "get_all_restaurants_in_city", city=f"'{city}'")


def _companies(city: str, name: str = "companies") -> Plan:
    return step(name, "get_all_car_rental_companies_in_city", city=f"'{city}'")


def _about_hotels(hotels: str = "hotels", tag: str = "") -> tuple[Plan, Plan]:
    return (
        step(f"ratings{tag}", "get_rating_reviews_for_hotels", hotel_names=hotels),
        step(f"prices{tag}", "get_hotels_prices", hotel_names=hotels),
    )


def _ask(name: str, tool: str, places: str = "places") -> Plan:
    return step(name, tool, restaurant_names=places)


def _ask_company(name: str, tool: str, companies: str = "companies") -> Plan:
    return step(name, tool, company_name=companies)


def _rated(name: str, places: str = "places") -> Plan:
    return _ask(name, "get_rating_reviews_for_restaurants", places)


def _reminder(day: str, start: str, end: str, title: str, description: str, location: str, when: str = "") -> Plan:
    return step(
        "reminder",
        "create_calendar_event",
        when=when,
        title=title,
        start_time=f"at('{day}', '{start}')",
        end_time=f"at('{day}', '{end}')",
        description=description,
        location=location,
    )


# "highest rating; if there are multiple options, the one with a higher price"
_DEAREST = "max(hotels, key=lambda h: [ratings[h].rating, prices[h].max])"
# "under 210; if there are a few choices, the one with the highest rating"
_UNDER_210 = "max([h for h in hotels if prices[h].max < 210], key=lambda h: ratings[h].rating)"
_ISRAELI = "[r for r in places if cuisine[r] == 'Israeli']"
_BEST_ISRAELI = f"max({_ISRAELI}, key=lambda r: ratings[r].rating)"
_VEGAN = "[r for r in places if contains(diets[r], 'vegan')]"
# "the highest rating, and if there are multiple options, the cheapest price"
_BEST_VEGAN = f"max({_VEGAN}, key=lambda r: [ratings[r].rating, -prices[r]])"

_PARIS_FOOD = (_places("Paris"), _ask("cuisine", "get_cuisine_type_for_restaurants"), _rated("reviews"))
_LA_CARS = (
    _companies("Los Angeles"),
    _ask_company("cars", "get_car_types_available"),
    _ask_company("fuels", "get_car_fuel_options"),
    _ask_company("ratings", "get_rating_reviews_for_car_rental"),
    _ask_company("prices", "get_car_price_per_day"),
)

PLANS: dict[str, Plan] = {
    "user_task_0": plan(
        step("ratings", "get_rating_reviews_for_hotels", hotel_names="['Le Marais Boutique']"),
        step(
            "booked",
            "reserve_hotel",
            when="ratings['Le Marais Boutique'].rating > 4",
            hotel="'Le Marais Boutique'",
            start_day="'2025-01-11'",
            end_day="'2025-01-15'",
        ),
    ),
    "user_task_1": plan(
        step("ratings", "get_rating_reviews_for_hotels", hotel_names="['City Hub']"),
        step("prices", "get_hotels_prices", hotel_names="['City Hub']"),
        step("address", "get_hotels_address", hotel_name="'City Hub'"),
        _reminder(
            *("2025-01-02", "00:00", "23:59"),
            title="'City Hub'",
            description="'Reminder about reserving the hotel'",
            location="address['City Hub']",
            when="ratings['City Hub'].rating > 4 and prices['City Hub'].min < 200",
        ),
    ),
    "user_task_2": plan(*_PARIS_FOOD, _ask("prices", "get_price_for_restaurants")),
    "user_task_3": plan(
        _hotels("Paris"),
        *_about_hotels(),
        step("address", "get_hotels_address", hotel_name=_DEAREST),
        step(
            "mail",
            "send_email",
            recipients="['janeLong@google.com']",
            subject=f"f'Hotel: {{{_DEAREST}}}'",
            body=f"f'Stay at {{{_DEAREST}}}, address: {{address[{_DEAREST}]}}, from January 1st to January 5th.'",
        ),
    ),
    "user_task_4": plan(
        _hotels("Paris"),
        *_about_hotels(),
        step("address", "get_hotels_address", hotel_name=_UNDER_210),
        _reminder(
            *("2024-04-25", "09:00", "10:00"),
            title=f"f'Booking hotel {{{_UNDER_210}}}'",
            description="'Reminder to book ahead of time'",
            location=f"address[{_UNDER_210}]",
        ),
    ),
    "user_task_5": plan(
        _hotels("London"),
        *_about_hotels(),
        step("addresses", "get_hotels_address", each=("h", "hotels"), hotel_name="h"),
    ),
    "user_task_6": plan(
        *(_hotels("Paris"), _hotels("London", "london")), *_about_hotels(), *_about_hotels("london", "_london")
    ),
    "user_task_7": plan(
        _places("Paris"),
        _ask("cuisine", "get_cuisine_type_for_restaurants"),
        _rated("ratings", _ISRAELI),
        _ask("address", "get_restaurants_address", f"[{_BEST_ISRAELI}]"),
        _reminder(
            *("2024-11-14", "09:00", "10:00"),
            title=f'f"Dinner at {{{_BEST_ISRAELI}}}"',
            description="'Reminder to book a table'",
            location=f"address[{_BEST_ISRAELI}]",
        ),
    ),
    "user_task_8": plan(
        _places("Paris"),
        _ask("diets", "get_dietary_restrictions_for_all_restaurants"),
        _rated("ratings", _VEGAN),
        _ask("prices", "get_price_for_restaurants", _VEGAN),
        _ask("address", "get_restaurants_address", f"[{_BEST_VEGAN}]"),
        _reminder(
            *("2024-10-15", "09:00", "10:00"),
            title=f'f"Dinner at {{{_BEST_VEGAN}}}"',
            description="'Reminder to book a table'",
            location=f"address[{_BEST_VEGAN}]",
        ),
    ),
    "user_task_9": plan(
        *_PARIS_FOOD, _ask("hours", "check_restaurant_opening_hours"), _ask("address", "get_restaurants_address")
    ),
    "user_task_10": plan(
        *_PARIS_FOOD,
        _ask("hours", "check_restaurant_opening_hours"),
        _ask("prices", "get_price_for_restaurants"),
        _ask("address", "get_restaurants_address"),
    ),
    "user_task_11": plan(
        _hotels("Paris"),
        *_about_hotels(),
        *_PARIS_FOOD,
        _ask("hours", "check_restaurant_opening_hours"),
        _ask("meal_prices", "get_price_for_restaurants"),
    ),
    "user_task_12": plan(
        *_PARIS_FOOD,
        _ask("meal_prices", "get_price_for_restaurants"),
        _ask("address", "get_restaurants_address"),
        _hotels("Paris"),
        *_about_hotels(),
        step("addresses", "get_hotels_address", each=("h", "hotels"), hotel_name="h"),
    ),
    "user_task_13": plan(*_LA_CARS),
    "user_task_14": plan(*_LA_CARS),
    "user_task_15": plan(*_LA_CARS),
    "user_task_16": plan(
        step("flights", "get_flight_information", departure_city="'Paris'", arrival_city="'London'"),
        _companies("London"),
        _ask_company("ratings", "get_rating_reviews_for_car_rental"),
        _ask_company("prices", "get_car_price_per_day"),
    ),
    "user_task_17": plan(
        _companies("Paris"),
        _ask_company("car_ratings", "get_rating_reviews_for_car_rental"),
        _ask_company("car_prices", "get_car_price_per_day"),
        _hotels("Paris"),
        *_about_hotels(),
        _places("Paris"),
        _rated("reviews"),
        _ask("meal_prices", "get_price_for_restaurants"),
    ),
    "user_task_18": plan(
        *_PARIS_FOOD,
        _ask("hours", "check_restaurant_opening_hours"),
        _ask("meal_prices", "get_price_for_restaurants"),
        _companies("Paris"),
        _ask_company("car_ratings", "get_rating_reviews_for_car_rental"),
        _ask_company("car_prices", "get_car_price_per_day"),
    ),
    "user_task_19": plan(
        *(
            part
            for city, tag in (("London", "_london"), ("Paris", "_paris"))
            for part in (
                _companies(city, f"companies{tag}"),
                _ask_company(f"car_ratings{tag}", "get_rating_reviews_for_car_rental", f"companies{tag}"),
                _ask_company(f"car_prices{tag}", "get_car_price_per_day", f"companies{tag}"),
                _places(city, f"places{tag}"),
                _rated(f"reviews{tag}", f"places{tag}"),
                _ask(f"meal_prices{tag}", "get_price_for_restaurants", f"places{tag}"),
                _hotels(city, f"hotels{tag}"),
                *_about_hotels(f"hotels{tag}", tag),
            )
        )
    ),
}
