"""Each plugin module has the static type that the core calls: checked by mypy, never run."""

import tintype_apiin
import tintype_apimodels
import tintype_apiyi
import tintype_ark
import tintype_bfl
import tintype_cheapai
import tintype_comfyui
import tintype_fal
import tintype_google
import tintype_openai
import tintype_openrouter
import tintype_replicate
import tintype_stability
import tintype_together
from tintype.hooks import Provider

PLUGINS: tuple[Provider, ...] = (
    tintype_apiin,
    tintype_apimodels,
    tintype_apiyi,
    tintype_ark,
    tintype_bfl,
    tintype_cheapai,
    tintype_comfyui,
    tintype_fal,
    tintype_google,
    tintype_openai,
    tintype_openrouter,
    tintype_replicate,
    tintype_stability,
    tintype_together,
)
