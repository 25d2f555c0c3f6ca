"""Bundled facts: frozen records with sources and dates, read lazily, one file at a time.

`loading` refuses a fact that lacks a source or a date, so that nothing unsourced reaches a plan or a generated app.
"""

from modal_serve_gen.facts.bundled import (
    BundledConfig,
    Draft,
    EngineSpeculation,
    ModelFacts,
    config,
    fp8_sibling,
    model_facts,
    models,
    speculation,
    tasks,
    thinking_off,
)
from modal_serve_gen.facts.engines import Format, Pins, flag_table, flag_table_path, pins, quantization
from modal_serve_gen.facts.hardware import Gpu, Regions, gpu_aliases, gpus, regions
from modal_serve_gen.facts.services import (
    Elsewhere,
    Limit,
    Limits,
    Removed,
    Route,
    elsewhere,
    engine_variables,
    limits,
    modal_arguments,
    modal_changes,
    routes,
    sampling_defaults,
)
from modal_serve_gen.facts.sizing import Activations, Overheads, Range, ReleaseRules, overheads, pools

__all__ = [
    "Activations",
    "BundledConfig",
    "Draft",
    "Elsewhere",
    "EngineSpeculation",
    "Format",
    "Gpu",
    "Limit",
    "Limits",
    "ModelFacts",
    "Overheads",
    "Pins",
    "Range",
    "Regions",
    "ReleaseRules",
    "Removed",
    "Route",
    "config",
    "elsewhere",
    "engine_variables",
    "flag_table",
    "flag_table_path",
    "fp8_sibling",
    "gpu_aliases",
    "gpus",
    "limits",
    "modal_arguments",
    "modal_changes",
    "model_facts",
    "models",
    "overheads",
    "pins",
    "pools",
    "quantization",
    "regions",
    "routes",
    "sampling_defaults",
    "speculation",
    "tasks",
    "thinking_off",
]
