"""The lines of a report: what was proven, what has to be fixed, and what only Modal can show."""

from collections import Counter

from modal_proto import api_pb2

from modal_serve_gen.errors import nearest
from modal_serve_gen.rehearsal import calling, packages
from modal_serve_gen.rehearsal.control_plane import images, rpc, servers
from modal_serve_gen.rehearsal.control_plane.events import EventKind
from modal_serve_gen.rehearsal.control_plane.state import ControlPlane
from modal_serve_gen.rehearsal.outcome import UNCHECKED, Outcome

MAX_COMMANDS = 4  # of an image, in the report


def proven(outcome: Outcome) -> list[str]:
    plane, requests = outcome.plane, outcome.ingress.requests
    lines = []
    if outcome.published:
        functions = [function for app in plane.apps.values() for function in app.functions.values()]
        gpus = ", ".join(sorted({gpu.removesuffix(":1") for function in functions for gpu in function.gpus}))
        volumes = f"Volumes {', '.join(plane.volumes.values())}" if plane.volumes else "no Volume"
        tags = ", ".join(dict.fromkeys(function.tag for function in functions))
        lines.append(f"the SDK accepts the app: {tags}; GPU {gpus or 'none'}; {volumes}")
    if any(container.network for function in plane.functions.values() for container in function.containers):
        lines.append("each container had its own files and network: Volumes at their true paths, its own ports")
    lines += [
        f"downloaded with the Hub's own client: {model.id} at {model.revision[:12]}"
        + (" (whether it exists was not checked)" if model.id in outcome.substitutes.unconfirmed else "")
        for model in sorted(outcome.hub.served)
    ]
    for image in plane.images.values():
        if image.build and image.result and image.result.status == images.SUCCESS:
            lines.append(f"the build function {image.build.tag} completed")
    lines += [note.text for note in outcome.substitutes.notes if note.kind == "checked"]
    lines += _started(plane)
    if refused := sum(request.status in (401, 403) for request in requests):
        lines.append(f"refused without a valid token or key: {_count(refused, 'request')}")
    if answered := sum(request.status < 400 and not request.broken for request in requests):
        lines.append(f"answered through the public URL: {_count(answered, 'request')}")
    lines += [
        f"port {tunnel.port} of {tunnel.container.function.tag} was reached as through its tunnel: "
        f"GET /health returned {tunnel.status}"
        for tunnel in plane.tunnels
        if tunnel.status
    ]
    lines += _servers(outcome)
    if outcome.exercised and not outcome.probed:
        waited = "the app's entrypoint ran, and then only waited: the rehearsal ended it"
        lines.append(waited if outcome.waited else "the app's entrypoint exited with code 0")
    if outcome.asked and all(outcome.asked.values()):
        every = "each web endpoint" if outcome.probed else ", ".join(outcome.asked)
        lines.append(f"{every} answered a client")
    for verb, waits in (("returned", False), ("not waited for", True)):
        if done := [name for name, item in outcome.called.items() if not item.raised and item.waited is waits]:
            lines.append(f"called with made-up arguments, and {verb}: {', '.join(done)}")
    return list(dict.fromkeys(lines))


def _started(plane: ControlPlane) -> list[str]:
    """A line for each function whose containers became ready."""
    ready = {event.tag for event in plane.events if event.kind is EventKind.CONTAINER_READY}
    built = {image.build.tag for image in plane.images.values() if image.build}
    functions = {function.tag: function for function in plane.functions.values() if function.tag in ready - built}
    return [
        f"the container of {tag} started"
        + (" and was reached on the port that Modal expects" if servers.ports(function.definition) else "")
        for tag, function in sorted(functions.items())
    ]


def _servers(outcome: Outcome) -> list[str]:
    """Lines about servers, whose requests go straight to a container."""
    lines, relay = [], outcome.ingress.relay
    if relay.cold:
        lines.append(f"while no container was ready: 503 ({_count(relay.cold, 'request')}), as on Modal")
    sticky = [ids for ids in relay.affinity.values() if len(ids) > 1 and len(set(ids)) == 1]
    if sticky:
        requests = sum(len(ids) for ids in sticky)
        lines.append(
            f"all requests with one affinity key reached the same one of several containers ({requests} requests)"
        )
    for function in outcome.plane.functions.values():
        stopped = any(container.stopping and container.exit_code == 0 for container in function.containers)
        if servers.serves(function.definition) and stopped:
            lines.append(f"{function.tag} stopped gracefully, with its exit methods")
    return lines


def findings(outcome: Outcome) -> list[str]:
    """Findings of the checks, deviations from the plan, missing packages, and failures during the run."""
    config, plane = outcome.config, outcome.plane
    lines = [*config.findings, *_deviations(outcome), *_missing_modules(outcome), *plane.findings]
    lines += [
        f"a container of {event.tag} {event.text}" for event in plane.events if event.kind is EventKind.CONTAINER_FAILED
    ]
    if broken := sum(request.broken for request in outcome.ingress.requests):
        lines.append(f"cut off before the end, through the public URL: {_count(broken, 'response')}")
    volume = config.faults.requested.get("volume-full")
    if volume and volume not in plane.volumes.values():
        names = list(plane.volumes.values())
        lines.append(
            f"the app has no Volume {volume} for the fault volume-full; it has {', '.join(names)}."
            f"{nearest(volume, names)}"
        )
    return list(dict.fromkeys(lines))


def _missing_modules(outcome: Outcome) -> list[str]:
    """For each module that an import did not find: whether the app's image would have it on Modal."""
    names = {name for image in outcome.plane.images.values() for name in images.contents(image).names}
    missing = outcome.substitutes.packages.missing
    lines = []
    for module in dict.fromkeys(packages.MISSING_MODULE.findall(outcome.output)):
        name = packages.of_module(module)
        if not outcome.published and not names:
            lines.append(
                f"{module} is not installed where modal imports the app: import it inside `with image.imports():`, "
                "or install it in the environment of modal-serve-gen"
            )
        elif name in names | missing.keys():
            lines.append(
                f"{name} is in the app's image on Modal, but not here: {packages.explain(missing, name)}; install it "
                "in the environment of modal-serve-gen, and rehearse again"
            )
        else:
            lines.append(f"{module} is missing: no step of the app's image installs a package of that name")
    return lines


def _deviations(outcome: Outcome) -> list[str]:
    """Downloads that are not of the model and revision that the app was planned for."""
    planned = outcome.config.planned
    if planned is None:
        return []
    return [
        f"the app was planned for {planned.id} at {planned.revision}, but downloads {model.id} at {model.revision}: "
        "whether that exists was not checked"
        for model in sorted(outcome.hub.served)
        if model != planned and model.id not in outcome.config.adapters
    ]


def not_shown(outcome: Outcome, triggered: dict[str, int]) -> list[str]:
    """What only Modal can show, and what was not reached; `triggered` counts each fault that was requested."""
    config, plane = outcome.config, outcome.plane
    lines = ["the image build: whether its packages install together, and how long that takes"]
    if plane.not_run:
        more = f" and {len(plane.not_run) - MAX_COMMANDS} more" if len(plane.not_run) > MAX_COMMANDS else ""
        lines.append(f"commands of the image, not run here: {'; '.join(plane.not_run[:MAX_COMMANDS])}{more}")
    functions = plane.functions.values()
    if any(function.gpus for function in functions):
        lines.append(
            "the GPU: kernels, whether the model fits in its memory, speed and output of the real weights; speeds and "
            "prices printed by the app are those of this machine"
        )
    if outcome.substitutes.pinned and config.engine == "stub":
        lines.insert(0, "the engine: the stub knows its flags and routes, and runs no model")
    lines[:0] = _other_engines(outcome)
    if any(function.definition.checkpointing_enabled for function in functions):
        deployed = any(function.app.state == api_pb2.APP_STATE_DEPLOYED for function in functions)
        order = "" if deployed else "; --deploy shows the order of calls around one"
        lines.append(f"memory snapshots: Modal takes them of deployed apps; a rehearsal does not{order}")
    lines.append("Modal itself: account, Secrets' values, regions, quotas, autoscaling, cold-start times, price")
    if names := [callee.name for callee in calling.uncalled(plane)]:
        lines.insert(0, f"not run, as nothing called them: {', '.join(names)}")
    lines[:0] = [
        f"whether {name} works: with made-up arguments, it raised {called.raised}"
        for name, called in outcome.called.items()
        if called.raised
    ]
    if outcome.unstarted:
        lines.insert(0, f"the engine: {outcome.unstarted} never started")
    if plane.unimplemented:
        missing = ", ".join(f"{name} ({rpc.purpose(name)})" for name in plane.unimplemented)
        lines.append(f"calls that the rehearsal's control plane does not implement: {missing}")
    return lines + [f"the fault {name}, which was never triggered" for name, times in triggered.items() if not times]


def _other_engines(outcome: Outcome) -> list[str]:
    """Engines and libraries in whose place something answered that knows little of them."""
    notes = {kind: [note.text for note in outcome.substitutes.notes if note.kind == kind] for kind in UNCHECKED}
    lines = [
        f"{engine}: an HTTP stub answered in its place; its flags were not checked and no model ran"
        for engine in dict.fromkeys(notes["other"])
    ]
    if modules := ", ".join(sorted(set(notes["placeholder"]))):
        lines.append(f"{modules}: placeholders answered, which accept every call; nothing was computed")
    return lines


def answers(outcome: Outcome) -> str:
    """The statuses of all requests through the public URL, in one line; '' if there were none."""
    counts = Counter("broken off" if request.broken else request.status for request in outcome.ingress.requests)
    return ", ".join(f"{count} x {status}" for status, count in sorted(counts.items(), key=str))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
