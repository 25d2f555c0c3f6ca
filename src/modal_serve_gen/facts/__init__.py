"""Bundled facts: frozen records with sources and dates, read lazily, one file at a time.

`loading` refuses a fact that lacks a source or a date, so that nothing unsourced reaches a plan or a generated app.
"""

from modal_serve_gen.facts.bundled import Draft as Draft
from modal_serve_gen.facts.bundled import ModelFacts as ModelFacts
from modal_serve_gen.facts.bundled import config as config
from modal_serve_gen.facts.bundled import copies as copies
from modal_serve_gen.facts.bundled import model_facts as model_facts
from modal_serve_gen.facts.bundled import models as models
from modal_serve_gen.facts.bundled import speculation as speculation
from modal_serve_gen.facts.bundled import tasks as tasks
from modal_serve_gen.facts.bundled import thinking_off as thinking_off
from modal_serve_gen.facts.engines import Format as Format
from modal_serve_gen.facts.engines import engines as engines
from modal_serve_gen.facts.engines import flag_table_path as flag_table_path
from modal_serve_gen.facts.engines import pins as pins
from modal_serve_gen.facts.engines import quantization as quantization
from modal_serve_gen.facts.generations import CacheKernels as CacheKernels
from modal_serve_gen.facts.generations import generations as generations
from modal_serve_gen.facts.hardware import Gpu as Gpu
from modal_serve_gen.facts.hardware import gpu_aliases as gpu_aliases
from modal_serve_gen.facts.hardware import gpus as gpus
from modal_serve_gen.facts.hardware import memory_usd_per_gib_s as memory_usd_per_gib_s
from modal_serve_gen.facts.hardware import regions as regions
from modal_serve_gen.facts.host_memory import host_memory as host_memory
from modal_serve_gen.facts.releases import Variables as Variables
from modal_serve_gen.facts.releases import cpu_flag_document as cpu_flag_document
from modal_serve_gen.facts.releases import engine_variables as engine_variables
from modal_serve_gen.facts.releases import flag_document as flag_document
from modal_serve_gen.facts.releases import flag_lifetime as flag_lifetime
from modal_serve_gen.facts.releases import flag_table as flag_table
from modal_serve_gen.facts.releases import known_releases as known_releases
from modal_serve_gen.facts.releases import newest_release as newest_release
from modal_serve_gen.facts.releases import release as release
from modal_serve_gen.facts.services import Limit as Limit
from modal_serve_gen.facts.services import Removed as Removed
from modal_serve_gen.facts.services import RemovedVariable as RemovedVariable
from modal_serve_gen.facts.services import elsewhere as elsewhere
from modal_serve_gen.facts.services import limits as limits
from modal_serve_gen.facts.services import modal_arguments as modal_arguments
from modal_serve_gen.facts.services import modal_changes as modal_changes
from modal_serve_gen.facts.services import routes as routes
from modal_serve_gen.facts.services import sampling_defaults as sampling_defaults
from modal_serve_gen.facts.serving import Engine as Engine
from modal_serve_gen.facts.serving import Spellings as Spellings
from modal_serve_gen.facts.serving import serving_engines as serving_engines
from modal_serve_gen.facts.sizing import Range as Range
from modal_serve_gen.facts.sizing import ReleaseRules as ReleaseRules
from modal_serve_gen.facts.sizing import SglangRelease as SglangRelease
from modal_serve_gen.facts.sizing import overheads as overheads
from modal_serve_gen.facts.sizing import pools as pools
from modal_serve_gen.facts.startup import Span as Span
from modal_serve_gen.facts.startup import startup_phases as startup_phases
