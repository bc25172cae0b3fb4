# The studio for a group: docker build -t trialclock . && docker run -p 8050:8050 -v trialclock:/results trialclock
FROM python:3.13-slim

WORKDIR /app
COPY requirements.txt pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --requirement requirements.txt
COPY sim ./sim
COPY trialclock ./trialclock
COPY scenarios ./scenarios
COPY run_sim.py ./
RUN useradd --create-home studio && mkdir /results && chown studio /results
USER studio
VOLUME /results
EXPOSE 8050
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8050/health')"]
# Off loopback a token is asked for; it is printed at the start unless TRIALCLOCK_TOKEN is set.
CMD ["python", "run_sim.py", "serve", "--production", "--host", "0.0.0.0", "--results", "/results"]
