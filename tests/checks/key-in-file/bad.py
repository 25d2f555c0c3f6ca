import modal

secret = modal.Secret.from_dict(
    {
        "HF_TOKEN": "not-even-a-real-one",  # finding: HF_TOKEN is hard-coded
        "OTHER": "hf_aBcDeFgHiJkLmNoPqRsTuVwX",  # finding: hf_aBc...
    }
)
