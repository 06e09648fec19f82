"""Deferred acceptance against published instances, brute force, and what the theory promises."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.employers.advising import projects, stable
from services.employers.advising.blocking import blocking_pairs, blocking_projects, faults
from services.employers.advising.explained import free_places, unmatched_residents
from services.employers.advising.instances import read_instance
from services.employers.advising.projects import Lecturer, Project, ProjectInstance
from services.employers.advising.stable import Hospital, Instance, hospital_optimal, resident_optimal

PUBLISHED: Final[list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("stable_matching_instances.json").read_text("utf-8")
)["instances"]
MOST: Final = 4


@st.composite
def instances(draw: st.DrawFn, most: int = MOST) -> Instance:
    """Few enough for brute force: some pairs acceptable, each list in any order."""
    residents = [f"r{n}" for n in range(draw(st.integers(1, most)))]
    hospitals = [f"h{n}" for n in range(draw(st.integers(1, most)))]
    pairs = [(r, h) for r in residents for h in hospitals if draw(st.booleans())]
    wants = {r: draw(st.permutations([h for one, h in pairs if one == r])) for r in residents}
    wanted = {h: draw(st.permutations([r for r, one in pairs if one == h])) for h in hospitals}
    return Instance(
        {r: tuple(wants[r]) for r in residents},
        {h: Hospital(draw(st.integers(0, 3)), tuple(wanted[h])) for h in hospitals},
    )


@st.composite
def project_instances(draw: st.DrawFn) -> ProjectInstance:
    lecturers = [f"l{n}" for n in range(draw(st.integers(1, 2)))]
    offered = {f"p{n}": draw(st.sampled_from(lecturers)) for n in range(draw(st.integers(1, 3)))}
    students = [f"s{n}" for n in range(draw(st.integers(1, MOST)))]
    wants = {s: tuple(draw(st.lists(st.sampled_from(sorted(offered)), unique=True))) for s in students}
    return ProjectInstance(
        wants,
        {p: Project(draw(st.integers(0, 2)), lecturer) for p, lecturer in offered.items()},
        {
            name: Lecturer(
                draw(st.integers(0, 3)),
                tuple(
                    draw(st.permutations([s for s in students if any(offered[p] == name for p in wants[s])]))
                ),
            )
            for name in lecturers
        },
    )


def blocks(instance: Instance, placement: dict[str, str]) -> bool:
    """Whether some pair blocks, in the words of the definition."""
    for resident, wanted in instance.residents.items():
        for hospital in wanted:
            asked = instance.hospitals[hospital]
            if resident not in asked.preferences or placement.get(resident) == hospital:
                continue
            present = placement.get(resident)
            would = present is None or wanted.index(hospital) < wanted.index(present)
            there = [one for one, at in placement.items() if at == hospital]
            has_room = len(there) < asked.capacity
            dearer = any(asked.preferences.index(resident) < asked.preferences.index(one) for one in there)
            if would and (has_room or dearer):
                return True
    return False


def all_stable(instance: Instance) -> list[dict[str, str]]:
    """Try every matching there is."""
    found = []
    for chosen in product(*[(None, *wanted) for wanted in instance.residents.values()]):
        placement = {r: h for r, h in zip(instance.residents, chosen, strict=True) if h is not None}
        fits = all(
            sum(at == name for at in placement.values()) <= hospital.capacity
            for name, hospital in instance.hospitals.items()
        )
        if fits and not blocks(instance, placement):
            found.append(placement)
    return found


def rank(wanted: tuple[str, ...], present: str | None) -> int:
    return len(wanted) if present is None else wanted.index(present)


@pytest.mark.parametrize(
    "published", [one for one in PUBLISHED if one["type"] == "HR"], ids=lambda o: o["name"]
)
def test_a_published_instance_has_its_published_matching(published: dict[str, Any]) -> None:
    instance = read_instance(published)
    assert isinstance(instance, Instance)
    expected = published["expected"]

    best, other = resident_optimal(instance), hospital_optimal(instance)

    def same(found: dict[str, list[str]], wanted: dict[str, list[str]]) -> bool:
        return {k: set(v) for k, v in found.items()} == {k: set(v) for k, v in wanted.items()}

    assert same(stable.by_hospital(instance, best), expected["resident_optimal"])
    if "hospital_optimal" in expected:
        assert same(stable.by_hospital(instance, other), expected["hospital_optimal"])
    assert len(best) == len(other) == expected["stable_size"]


def test_the_published_student_project_instance_has_its_published_matching() -> None:
    [published] = [one for one in PUBLISHED if one["type"] == "SPA-S"]
    instance = read_instance(published)
    assert isinstance(instance, ProjectInstance)

    placement = projects.student_optimal(instance)

    found = {name: set(those) for name, those in projects.by_project(instance, placement).items()}
    assert found == {name: set(those) for name, those in published["expected"]["student_optimal"].items()}
    assert len(placement) == published["expected"]["stable_size"]


def test_every_published_instance_is_tried() -> None:
    assert sorted(one["type"] for one in PUBLISHED) == ["HR", "HR", "SPA-S"]


@given(instances())
def test_both_matchings_are_stable_by_a_naive_search(instance: Instance) -> None:
    for placement in (resident_optimal(instance), hospital_optimal(instance)):
        assert not blocks(instance, dict(placement))
        assert blocking_pairs(instance, placement) == []
        assert faults(instance, placement) == []


@given(instances(most=3))
def test_no_stable_matching_is_better_for_any_resident_or_worse_than_the_hospitals_one(
    instance: Instance,
) -> None:
    best, worst = resident_optimal(instance), hospital_optimal(instance)

    for placement in all_stable(instance):
        for resident, wanted in instance.residents.items():
            had = rank(wanted, placement.get(resident))
            assert rank(wanted, best.get(resident)) <= had <= rank(wanted, worst.get(resident))


@given(instances(most=3), st.data())
def test_the_checker_agrees_with_the_definition_on_any_matching(
    instance: Instance, data: st.DataObject
) -> None:
    placement: dict[str, str] = {}
    for resident, wanted in instance.residents.items():
        free = [
            h for h in wanted if sum(at == h for at in placement.values()) < instance.hospitals[h].capacity
        ]
        chosen = data.draw(st.sampled_from([None, *free]))
        if chosen is not None:
            placement[resident] = chosen

    assert bool(blocking_pairs(instance, placement)) == blocks(instance, placement)


@given(instances())
def test_the_same_residents_and_places_stay_empty_in_both_matchings(instance: Instance) -> None:
    best, other = resident_optimal(instance), hospital_optimal(instance)

    assert best.keys() == other.keys()
    for name, hospital in instance.hospitals.items():
        here = {r for r, at in best.items() if at == name}
        there = {r for r, at in other.items() if at == name}
        assert len(here) == len(there)
        if len(here) < hospital.capacity:
            assert here == there


@given(instances(), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_of_names_decides_nothing(instance: Instance, random: Random) -> None:
    residents, hospitals = list(instance.residents), list(instance.hospitals)
    random.shuffle(residents)
    random.shuffle(hospitals)
    turned = Instance(
        {name: instance.residents[name] for name in residents},
        {name: instance.hospitals[name] for name in hospitals},
    )

    assert resident_optimal(turned) == resident_optimal(instance)
    assert hospital_optimal(turned) == hospital_optimal(instance)


@given(instances(), st.data())
def test_another_place_at_a_hospital_is_worse_for_no_resident(
    instance: Instance, data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(sorted(instance.hospitals)))
    grown = instance.hospitals[chosen]
    more = Instance(
        instance.residents,
        {**instance.hospitals, chosen: Hospital(grown.capacity + 1, grown.preferences)},
    )

    before, after = resident_optimal(instance), resident_optimal(more)

    for resident, wanted in instance.residents.items():
        assert rank(wanted, after.get(resident)) <= rank(wanted, before.get(resident))


@given(instances())
def test_every_unmatched_resident_and_every_free_place_is_explained_truly(instance: Instance) -> None:
    placement = resident_optimal(instance)

    reasons = unmatched_residents(instance, placement)
    free = free_places(instance, placement)

    assert {one.name for one in reasons} == instance.residents.keys() - placement.keys()
    for one in reasons:
        for hospital in one.about:
            asked = instance.hospitals[hospital]
            there = [r for r, at in placement.items() if at == hospital]
            assert len(there) == asked.capacity
            assert all(asked.preferences.index(r) < asked.preferences.index(one.name) for r in there)
    for places, one in free:
        assert places == instance.hospitals[one.name].capacity - sum(
            at == one.name for at in placement.values()
        )
        for resident in one.about:
            wanted = instance.residents[resident]
            assert rank(wanted, placement[resident]) < wanted.index(one.name)


@given(project_instances())
def test_no_student_has_a_better_project_in_any_stable_matching(instance: ProjectInstance) -> None:
    best = projects.student_optimal(instance)
    assert blocking_projects(instance, best) == []

    for chosen in product(*[(None, *wanted) for wanted in instance.students.values()]):
        placement = {s: p for s, p in zip(instance.students, chosen, strict=True) if p is not None}
        on_projects = all(
            sum(at == name for at in placement.values()) <= project.capacity
            for name, project in instance.projects.items()
        )
        supervised = all(
            sum(instance.projects[at].lecturer == name for at in placement.values()) <= lecturer.capacity
            for name, lecturer in instance.lecturers.items()
        )
        if on_projects and supervised and not blocking_projects(instance, placement):
            assert placement.keys() == best.keys()
            for student, wanted in instance.students.items():
                assert rank(wanted, best.get(student)) <= rank(wanted, placement.get(student))


def test_a_large_instance_is_solved_and_stable() -> None:
    schools = [f"s{n}" for n in range(300)]
    advisers = [f"a{n}" for n in range(200)]
    shuffle = Random(5)
    instance = Instance(
        {name: tuple(shuffle.sample(advisers, len(advisers))) for name in schools},
        {name: Hospital(1, tuple(shuffle.sample(schools, len(schools)))) for name in advisers},
    )

    placement = resident_optimal(instance)

    assert len(placement) == 200
    assert blocking_pairs(instance, placement) == []
