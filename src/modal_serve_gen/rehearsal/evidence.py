"""What a rehearsal gives to read: what it proved, what is to be mended, and what only Modal can show."""

import re
from collections import Counter

from modal_proto import api_pb2

from modal_serve_gen.errors import nearest
from modal_serve_gen.rehearsal import probe
from modal_serve_gen.rehearsal.plane import images, rpc, servers

DIED = "a container of "  # how `containers` notes one that ended by itself, or was given up
MISSED = re.compile(r"No module named '(\w+)")
DEPLOYED = api_pb2.APP_STATE_DEPLOYED
RAN, ASKED = "the app's own entrypoint ended with 0", "each web endpoint answered a client"
SUCCESS = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS


def proven(code: int, rehearsal) -> list[str]:
    """What was seen to work."""
    plane, front, hub, notes = rehearsal.plane, rehearsal.front, rehearsal.hub, rehearsal.stage.notes
    happened = {what for _, what in plane.events}
    lines = []
    if "published" in happened:
        functions = [f for app in plane.apps.values() for f in app.functions.values()]
        gpus = ", ".join(sorted({gpu.removesuffix(":1") for function in functions for gpu in function.gpus}))
        volumes = f"Volumes {', '.join(plane.volumes.values())}" if plane.volumes else "no Volume"
        named = ", ".join(dict.fromkeys(function.tag for function in functions))
        lines.append(f"the SDK accepts the app: {named}; GPU {gpus or 'none'}; {volumes}")
    if any(container.inside for each in plane.functions.values() for container in each.containers):
        lines.append("each container had files and a network of its own: Volumes at their true paths, its own ports")
    lines += [
        f"fetched with the Hub's own client: {model} at {revision[:12]}" for model, revision in sorted(hub.served)
    ]
    for image in plane.images.values():
        if image.build and image.result and image.result.status == SUCCESS:
            lines.append(f"{image.build.tag}, the build function, ran to its end")
    lines += [note["text"] for note in notes if note["kind"] == "checked"]
    built = {image.build.tag for image in plane.images.values() if image.build}
    ready = {function.tag: function for function in plane.functions.values() if f"ready: {function.tag}" in happened}
    for tag, function in sorted(ready.items()):
        if tag not in built:
            reached = " and was reached where Modal looks" if servers.ports(function.definition) else ""
            lines.append(f"the container of {tag} started{reached}")
    refused = sum(row["status"] in (401, 403) for row in front.requests)
    answered = sum(row["status"] < 400 and not row["broken"] for row in front.requests)
    if refused:
        lines.append(f"without a valid token or key: refused ({_count(refused, 'request')})")
    if answered:
        lines.append(f"through the public URL: answered ({_count(answered, 'request')})")
    lines += _served(plane, front)
    if code == 0 and probe.INSTEAD in plane.substituted:
        lines.append(ASKED)
    elif code == 0 and "published" in happened:
        lines.append(RAN)
    return list(dict.fromkeys(lines))


def _served(plane, front) -> list[str]:
    """What was shown of servers, whose requests go straight to a container."""
    lines = []
    if front.relay.cold:
        lines.append(f"while no container was ready: 503 ({_count(front.relay.cold, 'request')}), as servers answer")
    together = [homes for homes in front.relay.keyed.values() if len(homes) > 1 and len(set(homes)) == 1]
    if together:
        asked = sum(len(homes) for homes in together)
        lines.append(f"of several containers, one affinity key had one ({_count(asked, 'request')})")
    for function in plane.functions.values():
        if servers.serves(function.definition) and any(c.stopping and c.exit_code == 0 for c in function.containers):
            lines.append(f"told to end, {function.tag} ended in good order, its exit methods included")
    return lines


def findings(output: str, rehearsal) -> list[str]:
    """What is to be mended: what the checks say of the file, where it departs from its plan, what went wrong."""
    stage, plane = rehearsal.stage, rehearsal.plane
    lines = [*stage.findings, *_departures(rehearsal.hub, stage), *_missed(output, rehearsal), *plane.findings]
    lines += [what for _, what in plane.events if what.startswith(DIED)]
    if broken := sum(row["broken"] for row in rehearsal.front.requests):
        lines.append(f"through the public URL: broken off in the middle ({_count(broken, 'answer')})")
    volume = stage.faults.asked.get("volume-full")
    if volume and volume not in plane.volumes.values():
        known = list(plane.volumes.values())
        lines.append(
            f"the app has no Volume {volume}, which should be full: it has {', '.join(known)}.{nearest(volume, known)}"
        )
    return list(dict.fromkeys(lines))


def _missed(output: str, rehearsal) -> list[str]:
    """Of each module that was missed: whether the app's image would have it."""
    installed = {name for image in rehearsal.plane.images.values() for name in images.installed(image)}
    lines = []
    for name in sorted({name.replace("_", "-").lower() for name in MISSED.findall(output)}):
        if name in installed | rehearsal.stage.brought:
            lines.append(
                f"{name} is in the app's image on Modal; images are not built here: install it beside modal-serve-gen, "
                "and rehearse again"
            )
        else:
            lines.append(f"{name} was missed: no step of the app's image installs a package of that name")
    return lines


def _departures(hub, stage) -> list[str]:
    """Where the files that were asked for are not those that the app was planned for."""
    if stage.planned is None:
        return []
    model, revision = stage.planned
    return [
        f"the app was planned for {model} at {revision}, but asks for {asked} at {at}: whether that exists is not shown"
        for asked, at in sorted(hub.served)
        if (asked, at) != (model, revision) and asked not in stage.adapters
    ]


def not_shown(struck: dict[str, int], rehearsal) -> list[str]:
    """What only Modal can show, or was not reached."""
    stage, plane = rehearsal.stage, rehearsal.plane
    lines = ["the image build: that its packages install together, and how long it takes"]
    functions = plane.functions.values()
    if any(function.gpus for function in functions):
        lines.append(
            "the GPU: kernels, whether the model fits in its memory, speed and answers of the real weights; what the "
            "app printed of speed and price is this machine's"
        )
    if stage.pinned and stage.engine == "stub":
        lines.insert(0, "the engine: the stub knows its flags and routes, and runs no model")
    if any(each.definition.checkpointing_enabled for each in functions):
        deployed = any(each.app.state == DEPLOYED for each in functions)
        order = "" if deployed else "; --deploy shows the order of calls around one"
        lines.append(f"memory snapshots: Modal takes them, of deployed apps; no rehearsal does{order}")
    lines.append("Modal itself: account, Secrets' values, regions, quotas, autoscaling, cold-start times, price")
    if plane.unimplemented:
        missing = ", ".join(f"{name} ({rpc.purpose(name)})" for name in plane.unimplemented)
        lines.append(f"calls that the rehearsal's control plane does not have: {missing}")
    return lines + [f"the fault {name}: there was no occasion for it" for name, times in struck.items() if not times]


def answers(rehearsal) -> str:
    """What the requests through the public URL met, in one line; '' if there were none."""
    rows = rehearsal.front.requests
    counted = Counter("broken off" if row["broken"] else row["status"] for row in rows)
    return ", ".join(f"{count} x {status}" for status, count in sorted(counted.items(), key=str))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
