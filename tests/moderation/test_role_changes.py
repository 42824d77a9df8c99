"""What accounts may do: asked for, approved by another, and no way around it once there are two."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.cases import NotPossible
from moderation.models import AuditEntry, Request
from moderation.policy.roles import Rank
from moderation.rights import NeedsTwo, rank_of, role_approvers
from moderation.roles import groups_sync
from moderation.services.approvals import request_approve
from moderation.services.ranks import rank_ask
from tests.moderation.factories import moderator
from tests.moderation.staff import enrol, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return moderator("admin", "ada")


@pytest.fixture
def ben() -> User:
    return moderator("admin", "ben")


def create(*words: str) -> str:
    out = io.StringIO()
    call_command("create_moderator", *words, stdout=out)
    return out.getvalue()


# --- By request -----------------------------------------------------------------------------------


def test_role_changes_when_another_approves_it(ada: User, ben: User) -> None:
    mo = moderator("moderator", "mo")
    request = rank_ask(mo, "senior", by=ada, why="A year of good work.")
    assert rank_of(mo) == "moderator"
    with pytest.raises(NotPossible):
        request_approve(request.pk, by=ada)
    request_approve(request.pk, by=ben)
    assert rank_of(User.objects.get(username="mo")) == "senior"
    written = AuditEntry.objects.get(action="role")
    assert (written.actor, written.target) == ("ben", "mo")
    assert written.detail == {
        "from": "moderator",
        "to": "senior",
        "enabled": False,
        "by": "ada",
    }


@pytest.mark.parametrize("rank", ["none", "triage", "legal", "admin"])
def test_account_is_one_thing_at_a_time(ada: User, ben: User, rank: Rank) -> None:
    mo = moderator("moderator", "mo")
    request_approve(rank_ask(mo, rank, by=ada, why="x").pk, by=ben)
    assert rank_of(mo) == rank
    assert mo.groups.count() == (rank != "none")


def test_nobody_approves_their_own_promotion(ada: User, ben: User) -> None:
    request = rank_ask(ben, "senior", by=ada, why="x")
    with pytest.raises(NotPossible, match="about you"):
        request_approve(request.pk, by=ben)


def test_who_manages_no_staff_neither_asks_nor_approves(ada: User) -> None:
    mo, senior = moderator("moderator"), moderator("senior")
    with pytest.raises(NotPossible):
        rank_ask(mo, "senior", by=senior, why="x")
    request = rank_ask(mo, "senior", by=ada, why="x")
    with pytest.raises(NotPossible):
        request_approve(request.pk, by=senior)


def test_superuser_is_asked_for_by_one_and_approved_by_another(ada: User, ben: User) -> None:
    root = enrol("superuser", "root")[0]
    with pytest.raises(NotPossible, match="Only a superuser"):
        rank_ask(ben, "superuser", by=ada, why="x")
    with pytest.raises(NotPossible, match="Only a superuser"):
        rank_ask(root, "none", by=ada, why="x")
    request = rank_ask(ben, "superuser", by=root, why="A second one.")
    with pytest.raises(NotPossible):
        request_approve(request.pk, by=root)
    request_approve(request.pk, by=ada)
    ben.refresh_from_db()
    assert ben.is_superuser
    assert not ben.groups.exists()


def test_account_that_changed_meanwhile_stays_as_it_is(ada: User, ben: User) -> None:
    mo, cleo = moderator("moderator", "mo"), moderator("admin", "cleo")
    request = rank_ask(mo, "senior", by=ada, why="x")
    User.objects.filter(pk=mo.pk).update(is_superuser=True)
    with pytest.raises(NotPossible, match="changed since"):
        request_approve(request.pk, by=cleo)
    request.refresh_from_db()
    assert request.outcome == ""


def test_same_role_again_is_nothing_to_ask_for(ada: User) -> None:
    with pytest.raises(NotPossible, match="so already"):
        rank_ask(moderator("triage"), "triage", by=ada, why="x")


# --- No way around it -----------------------------------------------------------------------------


def superuser(user: User) -> None:
    user.is_superuser = True
    user.save()


AROUND: dict[str, Any] = {
    "a group": lambda user: user.groups.add(Group.objects.get(name="admin")),
    "from the group": lambda user: user.groups.get().user_set.remove(user),
    "other groups": lambda user: user.groups.set(Group.objects.filter(name="admin")),
    "no group": lambda user: user.groups.clear(),
    "one group less": lambda user: user.groups.remove(*user.groups.all()),
    "a permission": lambda user: user.user_permissions.add(
        Permission.objects.get(codename="ban_range")
    ),
    "a permission of the group": lambda user: user.groups.get().permissions.add(
        Permission.objects.get(codename="ban_range")
    ),
    "a superuser": superuser,
    "a new superuser": lambda _: User.objects.create_superuser("root"),
}


@pytest.mark.usefixtures("ada", "ben")
@pytest.mark.parametrize("way", list(AROUND))
def test_orm_refuses_every_way_around(way: str) -> None:
    mo = moderator("triage", "mo")
    before = mo.get_all_permissions()
    with pytest.raises(NeedsTwo), transaction.atomic():
        AROUND[way](mo)
    mo = User.objects.get(username="mo")
    assert (rank_of(mo), mo.get_all_permissions()) == ("triage", before)
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.usefixtures("ada", "ben")
def test_superuser_is_not_unmade_alone_either() -> None:
    root = enrol("superuser", "root")[0]
    root.is_superuser = False
    with pytest.raises(NeedsTwo):
        root.save()


@pytest.mark.usefixtures("ada", "ben")
def test_migrate_still_sets_the_groups() -> None:
    groups_sync()
    mo = moderator("triage", "mo")
    mo.first_name = "Mo"
    mo.save()  # what is no right is nobody's business


def test_first_ones_need_nobody_else() -> None:
    User.objects.create_superuser("root")
    mo = User.objects.create(username="mo", is_staff=True)
    mo.groups.add(Group.objects.get(name="triage"))
    assert rank_of(mo) == "triage"


def test_who_is_disabled_approves_nothing(ada: User, ben: User) -> None:
    mo = moderator("triage", "mo")
    request = rank_ask(mo, "senior", by=ada, why="x")
    disabled(ben)
    with pytest.raises(NotPossible, match="may not see"):
        request_approve(request.pk, by=ben)


def test_who_disables_all_the_others_gives_no_role_alone(ada: User, ben: User) -> None:
    mo = moderator("triage", "mo")
    disabled(ben)
    assert role_approvers() == {ada.pk, ben.pk}
    with pytest.raises(NeedsTwo), transaction.atomic():
        mo.groups.add(Group.objects.get(name="admin"))
    with pytest.raises(CommandError, match="another person has to approve"):
        create("eve", "--role", "admin")
    assert rank_of(mo) == "triage"


def test_who_leaves_gives_their_role_back_and_the_last_one_is_free_again(
    ada: User, ben: User
) -> None:
    request_approve(rank_ask(ben, "none", by=ben, why="I leave.").pk, by=ada)
    create("cleo", "--role", "admin")
    assert rank_of(User.objects.get(username="cleo")) == "admin"


# --- Who is disabled ------------------------------------------------------------------------------


def disabled(user: User) -> User:
    user.is_active = False
    user.save()
    return user


@pytest.mark.usefixtures("ada", "ben")
@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_account_with_a_role_is_not_enabled_alone(field: str) -> None:
    mo = moderator("senior", "mo")
    setattr(mo, field, False)
    mo.save()
    setattr(mo, field, True)
    with pytest.raises(NeedsTwo):
        mo.save()
    with pytest.raises(NeedsTwo):
        mo.save(update_fields=[field])
    # What is not written makes no difference.
    setattr(mo, {"is_active": "is_staff", "is_staff": "is_active"}[field], False)
    with pytest.raises(NeedsTwo):
        mo.save(update_fields=[field])


@pytest.mark.usefixtures("ada", "ben")
def test_account_without_a_role_is_enabled_by_one() -> None:
    mo = disabled(User.objects.create(username="mo", is_staff=True))
    mo.is_active = True
    mo.save()


def test_two_enable_an_account_again(ada: User, ben: User) -> None:
    mo = disabled(moderator("senior", "mo"))
    request = rank_ask(mo, "senior", by=ada, why="Back from leave.")
    client, _ = signed_in("admin")
    shown = client.get(reverse("admin:moderation_request_change", args=[request.pk]))
    assert "senior, disabled" in shown.content.decode()
    assert "senior, enabled" in shown.content.decode()
    request_approve(request.pk, by=ben)
    mo.refresh_from_db()
    assert (mo.is_active, mo.is_staff, rank_of(mo)) == (True, True, "senior")
    assert AuditEntry.objects.get(action="role").detail["enabled"] is True


def test_role_asked_for_before_somebody_was_disabled_does_not_enable_them(
    ada: User, ben: User
) -> None:
    mo = moderator("triage", "mo")
    request = rank_ask(mo, "senior", by=ada, why="x")
    disabled(mo)
    with pytest.raises(NotPossible, match="changed since"):
        request_approve(request.pk, by=ben)
    mo.refresh_from_db()
    assert not mo.is_active


def test_role_goes_to_nobody_who_took_the_name_meanwhile(ada: User, ben: User) -> None:
    eve = moderator("triage", "mo")
    request = rank_ask(eve, "admin", by=ada, why="x")
    User.objects.filter(pk=eve.pk).update(username="eve")
    moderator("triage", "mo")
    with pytest.raises(NotPossible, match="changed since"):
        request_approve(request.pk, by=ben)


def test_superuser_asked_for_by_one_who_is_none_any_more_is_not_made(ada: User, ben: User) -> None:
    root = enrol("superuser", "root")[0]
    request = rank_ask(ben, "superuser", by=root, why="x")
    request_approve(rank_ask(root, "admin", by=root, why="Less will do.").pk, by=ben)
    with pytest.raises(NotPossible, match="Only a superuser"):
        request_approve(request.pk, by=ada)


# --- The command ----------------------------------------------------------------------------------


def test_command_gives_roles_at_once_until_two_could_approve() -> None:
    create("ada", "--role", "admin")
    create("ben", "--role", "admin")
    assert {rank_of(user) for user in User.objects.all()} == {"admin"}
    assert not Request.objects.exists()


@pytest.mark.usefixtures("ada")
def test_command_then_asks_and_says_so(ben: User) -> None:
    told = create("mo", "--role", "senior", "--by", "ada")
    mo = User.objects.get(username="mo")
    assert rank_of(mo) == "none"
    request = Request.objects.get()
    assert f"mo has no role yet: somebody other than ada has to approve {request}" in told
    request_approve(request.pk, by=ben)
    assert rank_of(mo) == "senior"


@pytest.mark.usefixtures("ada", "ben")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "--by NAME says who asks"),
        (["--by", "nobody"], "--by NAME says who asks"),
        (["--by", "sam"], "sam cannot ask for it"),
    ],
)
def test_command_makes_nobody_when_nobody_asks(words: list[str], told: str) -> None:
    moderator("senior", "sam")
    with pytest.raises(CommandError, match=told):
        create("mo", "--role", "senior", *words)
    assert not User.objects.filter(username="mo").exists()


# --- The account's page ---------------------------------------------------------------------------

DATES = {"date_joined_0": "2025-01-01", "date_joined_1": "00:00:00"}


def page(user: User, name: str = "change") -> str:
    return reverse(f"admin:auth_user_{name}", args=[user.pk])


@pytest.mark.parametrize("role", ["admin", "superuser"])
def test_form_shows_rights_and_takes_none(role: Any, ada: User) -> None:
    client, _ = signed_in(role)
    mo = moderator("triage", "mo")
    shown = client.get(page(mo)).content.decode()
    for field in ("groups", "is_superuser", "user_permissions"):
        assert f'name="{field}"' not in shown
    admin = Group.objects.get(name="admin").pk
    fields = {"username": "mo", "is_staff": "on", "is_active": "on", "is_superuser": "on"}
    dates = {"date_joined_0": "2025-01-01", "date_joined_1": "00:00:00"}
    assert client.post(page(mo), fields | dates | {"groups": str(admin)}).status_code == 302
    mo.refresh_from_db()
    assert (rank_of(mo), mo.is_superuser) == ("triage", False)


def test_disabling_is_at_once_and_one_persons(ada: User) -> None:
    client, _ = signed_in("admin")
    mo = moderator("senior", "mo")
    dates = {"date_joined_0": "2025-01-01", "date_joined_1": "00:00:00"}
    assert client.post(page(mo), {"username": "mo"} | dates).status_code == 302
    mo.refresh_from_db()
    assert (mo.is_active, mo.is_staff) == (False, False)


def test_another_role_is_asked_for_on_the_page(ada: User) -> None:
    client, user = signed_in("admin")
    mo = moderator("triage", "mo")
    assert client.post(page(mo, "role"), {"rank": "moderator", "why": "Good."}).status_code == 302
    request = Request.objects.get()
    assert (request.by, request.target) == (user, "mo")
    shown = client.get(page(mo)).content.decode()
    assert "asked for “moderator”" in shown
    assert 'id="desk-role-why"' not in shown
    client.post(page(mo, "role"), {"rank": "senior", "why": "Better."})
    assert Request.objects.count() == 1


@pytest.mark.parametrize("fields", [{"rank": "king", "why": "x"}, {"why": "x"}])
def test_role_that_is_none_is_refused(fields: dict[str, str]) -> None:
    client, _ = signed_in("admin")
    assert client.post(page(moderator("triage"), "role"), fields).status_code == 403
    assert not Request.objects.exists()


def test_who_manages_no_staff_asks_for_nothing_there() -> None:
    client, _ = signed_in("senior")
    assert client.post(page(moderator("triage"), "role"), {"rank": "senior"}).status_code == 403


def test_groups_have_no_page() -> None:
    client, _ = signed_in("superuser")
    assert client.get("/admin/auth/group/").status_code == 404


@pytest.mark.parametrize("role", ["admin", "superuser"])
def test_disabled_account_is_not_enabled_on_its_page(role: Any, ada: User) -> None:
    client, _ = signed_in(role)
    mo = disabled(moderator("senior", "mo"))
    shown = client.get(page(mo)).content.decode()
    assert 'name="is_active"' not in shown
    assert '<option value="senior" selected>' in shown
    client.post(page(mo), {"is_staff": "on", "is_active": "on"} | DATES)
    mo.refresh_from_db()
    assert not mo.is_active
    assert client.post(page(mo, "role"), {"rank": "senior", "why": "Back."}).status_code == 302
    assert Request.objects.get().payload["enabled"] is False


def test_who_manages_staff_alone_enables_alone() -> None:
    client, _ = signed_in("admin")
    mo = disabled(moderator("senior", "mo"))
    client.post(page(mo), {"is_staff": "on", "is_active": "on"} | DATES)
    mo.refresh_from_db()
    assert mo.is_active


@pytest.mark.parametrize("role", ["admin", "superuser"])
def test_nobody_sets_the_password_the_name_or_the_end_of_who_has_a_role(
    role: Any, ada: User
) -> None:
    client, _ = signed_in(role)
    mo = moderator("senior", "mo")
    before = mo.password
    secret = {"password1": "a-long-new-secret-7", "password2": "a-long-new-secret-7"}
    shown = client.get(page(mo)).content.decode()
    assert "../password/" not in shown
    assert client.post(page(mo, "password_change"), secret).status_code == 403
    assert client.post(page(mo, "delete"), {"post": "yes"}).status_code == 403
    client.post(page(mo), {"username": "eve", "is_staff": "on", "is_active": "on"} | DATES)
    mo.refresh_from_db()
    assert (mo.username, mo.password) == ("mo", before)


def test_new_account_gets_its_password_on_its_page(ada: User) -> None:
    client, _ = signed_in("admin")
    mo = User.objects.create(username="mo")
    secret = {"password1": "a-long-new-secret-7", "password2": "a-long-new-secret-7"}
    fields = secret | {"usable_password": "true"}
    assert client.post(page(mo, "password_change"), fields).status_code == 302
    mo.refresh_from_db()
    assert mo.check_password("a-long-new-secret-7")


def test_what_is_done_to_accounts_is_in_the_audit_log(ada: User) -> None:
    client, user = signed_in("admin")
    mo = enrol("senior", "mo")[0]
    client.post(page(mo), {"is_staff": "on"} | DATES)
    device = reverse("admin:otp_totp_totpdevice_delete", args=[TOTPDevice.objects.get(user=mo).pk])
    client.post(device, {"post": "yes"})
    secret = {"password1": "a-long-new-secret-7", "password2": "a-long-new-secret-7"}
    add = reverse("admin:auth_user_add")
    client.post(add, {"username": "eve", "usable_password": "true"} | secret)
    written = AuditEntry.objects.order_by("id").values_list("actor", "action", "target", "detail")
    name = user.get_username()
    assert list(written) == [
        (name, "change-account", "mo", {"enabled": False}),
        (name, "remove-device", "mo", {}),
        (name, "add-account", "eve", {}),
    ]
