"""`vllm.lora.request.LoRARequest`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LoRARequest:
    """An adapter for a request: its name, a unique number from 1, its folder."""

    lora_name: str
    lora_int_id: int
    lora_path: str = ""
    base_model_name: str | None = None
    load_inplace: bool = False
    is_3d_lora_weight: bool = False

    def __post_init__(self):
        if self.lora_int_id < 1:
            raise ValueError(f"id must be > 0, got {self.lora_int_id}")
        if not self.lora_path:
            raise AssertionError("lora_path cannot be empty")
